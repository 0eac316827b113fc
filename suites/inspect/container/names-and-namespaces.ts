import { expect } from "vitest";
import { expectedHostsFile, missingHostsLines } from "../../../helpers/expectations/hosts-file.ts";
import { isBlank } from "../../../helpers/expectations/inspect.ts";
import { defaultIpcMode, sharesUserNamespace } from "../../../helpers/expectations/namespaces.ts";
import { defaultBridgeResolvConf, type ExpectedResolvConf } from "../../../helpers/expectations/resolver.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { hostsFile } from "../../../helpers/probes/hosts-file.ts";
import { namespaces } from "../../../helpers/probes/namespaces.ts";
import { resolvConf } from "../../../helpers/probes/resolv-conf.ts";
import { cite, D3, engine, NotRun, requirement } from "../../../helpers/requirement/index.ts";
import { inspected, onInspected } from "./site.ts";

/** Resolver options of `docker run`, where their effect shows, and what the container must have without them. */
const RESOLVER_OPTIONS = [
  ["INSPECT-49", "Dns", "nameservers"],
  ["INSPECT-50", "DnsOptions", "options"],
  ["INSPECT-51", "DnsSearch", "search"],
] as const satisfies readonly (readonly [string, string, keyof ExpectedResolvConf])[];

for (const [id, field, part] of RESOLVER_OPTIONS) {
  requirement(
    id,
    {
      must: `A container MUST have no \`HostConfig.${field}\` in \`container inspect\` without the option, and the ${part} of the daemon or the host in its resolv.conf`,
      from: [D3("二.2")],
      needs: ["host view", "default bridge"],
      cause: "the host's resolv.conf was changed after the container's start, or the file inside the container was",
    },
    inspected,
    async ({ plain, ofHosted, ofPlain }, { facts }) => {
      for (const { HostConfig, Name } of [ofHosted, ofPlain]) {
        const value = HostConfig[field];
        expect(isBlank(value) ? "none" : value, `HostConfig.${field} of ${Name}`).toBe("none");
      }
      const expected = defaultBridgeResolvConf(facts)[part];
      if (!expected.known) throw new NotRun(expected.why);
      expect((await resolvConf(plain))[part], `${part} in resolv.conf, from ${expected.why}`).toEqual(expected.value);
    },
  );
}

/** Options that would add lines to /etc/hosts. */
const HOSTS_OPTIONS = [
  ["INSPECT-52", "ExtraHosts"],
  ["INSPECT-53", "Links"],
] as const;

for (const [id, field] of HOSTS_OPTIONS) {
  requirement(
    id,
    {
      must: `A container MUST have no \`HostConfig.${field}\` in \`container inspect\` without the option, and no line for another host in /etc/hosts`,
      from: [D3("二.2")],
      needs: ["default bridge"],
      cause: "the container's /etc/hosts was edited after its start",
    },
    inspected,
    async ({ plain, ofHosted, ofPlain }, { facts }) => {
      for (const { HostConfig, Name } of [ofHosted, ofPlain]) {
        const value = HostConfig[field];
        expect(isBlank(value) ? "none" : value, `HostConfig.${field} of ${Name}`).toBe("none");
      }
      const own = (await addresses(plain, "eth0"))
        .filter(({ scope }) => scope === "global")
        .map(({ address }) => address);
      const expected = expectedHostsFile(facts, { hostname: plain.shortId, addresses: own });
      const lines = (await hostsFile(plain)).map(({ address, names }) => ({ address, names }));
      expect(missingHostsLines(expected, lines), "lines in /etc/hosts for anything but the container itself").toEqual(
        [],
      );
    },
  );
}

/** Namespaces other than the network's, which no network mode shares. */
const OWN_NAMESPACES = [
  [
    "INSPECT-54",
    "PidMode",
    "pid",
    "processes",
    cite("cli/container_run#pid", "By default, all containers have the PID namespace enabled."),
  ],
  [
    "INSPECT-55",
    "UTSMode",
    "uts",
    "hostname",
    cite(
      "cli/container_run#uts",
      "By default, all containers, including those with --network=host, have their own UTS namespace.",
    ),
  ],
] as const;

for (const [id, field, kind, what, written] of OWN_NAMESPACES) {
  requirement(
    id,
    {
      must: `A container MUST have an empty \`HostConfig.${field}\` in \`container inspect\` by default, in host mode too: its ${what} are in a namespace of its own`,
      from: [written, D3("二.2")],
      needs: ["host view"],
    },
    inspected,
    async ({ hosted, plain, ofHosted, ofPlain }, { facts }) => {
      const [inHostMode, onBridge] = await Promise.all([namespaces(hosted), namespaces(plain)]);
      expect(
        [ofHosted.HostConfig[field], ofPlain.HostConfig[field]],
        `${field} of a container in host mode and of one on the default bridge`,
      ).toEqual(["", ""]);
      expect([inHostMode[kind], onBridge[kind]], `their ${kind} namespaces, none of which is the host's`).not.toContain(
        facts.host?.namespaces[kind],
      );
    },
  );
}

onInspected(
  "INSPECT-56",
  {
    must: "A container MUST have an empty `HostConfig.UsernsMode` in `container inspect` unless it is exempt from the engine's remapping of users, in host mode too: its user namespace is the engine's, which is the host's unless the engine remaps users",
    from: [D3("二.2")],
    needs: ["host view"],
  },
  async ({ hosted, plain, ofHosted, ofPlain }, { facts }) => {
    const [inHostMode, onBridge] = await Promise.all([namespaces(hosted), namespaces(plain)]);
    expect(
      [ofHosted.HostConfig.UsernsMode, ofPlain.HostConfig.UsernsMode],
      "UsernsMode of a container in host mode and of one on the default bridge",
    ).toEqual([facts.engine.usernsRemap ? "host" : "", ""]);
    const shared = sharesUserNamespace(facts);
    const hosts = facts.host?.namespaces.user;
    expect([inHostMode.user === hosts, onBridge.user === hosts], "whether their user namespace is dockerd's").toEqual([
      shared || facts.engine.usernsRemap,
      shared,
    ]);
  },
);

onInspected(
  "INSPECT-57",
  {
    must: 'A container MUST have "shareable" as `HostConfig.IpcMode` in `container inspect` by default',
    from: [D3("二.2")],
    until: "private-ipc",
  },
  ({ ofPlain }, { facts }) => {
    expect(ofPlain.HostConfig.IpcMode, "IpcMode of a container").toBe(
      facts.configuration["default-ipc-mode"] ?? "shareable",
    );
  },
);

onInspected(
  "INSPECT-57b",
  {
    must: "A container MUST have the daemon's `default-ipc-mode` as `HostConfig.IpcMode` in `container inspect`, \"private\" unless configured, and an IPC namespace that is not the host's, in host mode too",
    from: [
      cite("cli/dockerd#daemon", 'Default mode for containers ipc ("shareable" | "private") (default "private")'),
      engine("moby#35621, default-ipc-mode private since 20.10"),
    ],
    since: "private-ipc",
    needs: ["host view"],
  },
  async ({ hosted, plain, ofHosted, ofPlain }, { facts }) => {
    const [inHostMode, onBridge] = await Promise.all([namespaces(hosted), namespaces(plain)]);
    const mode = defaultIpcMode(facts);
    expect(
      [ofHosted.HostConfig.IpcMode, ofPlain.HostConfig.IpcMode],
      "IpcMode of a container in host mode and of one on the default bridge",
    ).toEqual([mode, mode]);
    expect([inHostMode.ipc, onBridge.ipc], "their IPC namespaces, none of which is the host's").not.toContain(
      facts.host?.namespaces.ipc,
    );
  },
);
