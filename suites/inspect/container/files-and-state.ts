import { join } from "node:path/posix";
import { expect } from "vitest";
import { askForInfo } from "../../../helpers/engine/answers.ts";
import { word } from "../../../helpers/model/shell-words.ts";
import { namespaces } from "../../../helpers/probes/namespaces.ts";
import { textFile } from "../../../helpers/probes/text-file.ts";
import { cite, D3, engine, requirement } from "../../../helpers/requirement/index.ts";
import { inspected, onInspected } from "./site.ts";

/** Files that the engine writes for a container and mounts into it. */
const FILES = [
  ["INSPECT-58", "HostnamePath", "hostname"],
  ["INSPECT-59", "HostsPath", "hosts"],
  ["INSPECT-60", "ResolvConfPath", "resolv.conf"],
] as const;

for (const [id, field, file] of FILES) {
  requirement(
    id,
    {
      must: `A container MUST have a \`${field}\` in its own directory below the engine's in \`container inspect\`, the file that it sees as /etc/${file}`,
      from: [D3("二.2")],
      needs: ["host view"],
    },
    inspected,
    async ({ plain, ofPlain }, session) => {
      const { DockerRootDir } = await askForInfo(session.docker);
      const path = ofPlain[field];
      expect(path, `${field} in inspect`).toBe(join(DockerRootDir ?? "", "containers", plain.id, file));
      const host = await session.host();
      const [outside, inside] = await Promise.all([host.own(`cat ${word(path)}`), textFile(plain, `/etc/${file}`)]);
      expect(inside, `/etc/${file} in the container, against ${path} on the host`).toBe(outside.stdout);
    },
  );
}

onInspected(
  "INSPECT-61",
  {
    must: "A container MUST have as `State.Pid` in `container inspect` the PID of its main process on the host, whose network namespace is the container's",
    from: [D3("二.2")],
    needs: ["host view"],
  },
  async ({ plain, member, ofPlain, ofMember }, session) => {
    const host = await session.host();
    const onHost = await Promise.all(
      [ofPlain, ofMember].map(async ({ State }) =>
        (await host.ask(`readlink /proc/${State.Pid}/ns/net`)).stdout.trim(),
      ),
    );
    const own = await Promise.all([namespaces(plain), namespaces(member)]);
    expect(onHost, "network namespaces of the PIDs on the host, against the containers' own").toEqual(
      own.map(({ net }) => net),
    );
  },
);

onInspected(
  "INSPECT-67",
  {
    must: "A container MUST have as `SandboxKey` in `container inspect` a file of the host that is the network namespace it is in",
    from: [
      cite("api#NetworkSettings", "SandboxKey is the full path of the netns handle"),
      engine("API: NetworkSettings.SandboxKey"),
    ],
    needs: ["host view"],
  },
  async ({ plain, member, ofPlain, ofMember }, session) => {
    const host = await session.host();
    const judged = [
      { container: member, inspected: ofMember },
      // Without a default bridge this one is on no network, for which Engine 20.10 makes no file.
      ...(session.facts.defaultBridge === null ? [] : [{ container: plain, inspected: ofPlain }]),
    ];
    const behind = await Promise.all(
      judged.map(async ({ inspected: { NetworkSettings } }) => {
        const { stdout } = await host.own(`stat -L -c %i ${word(NetworkSettings.SandboxKey)}`);
        return `net:[${stdout.trim()}]`;
      }),
    );
    const own = await Promise.all(judged.map(({ container }) => namespaces(container)));
    expect(behind, "network namespaces behind SandboxKey on the host, against the containers' own").toEqual(
      own.map(({ net }) => net),
    );
  },
);

onInspected(
  "INSPECT-68",
  {
    must: "A container MUST have as `Config.Hostname` in `container inspect` the hostname that its kernel tells",
    from: [engine("API: Config.Hostname")],
    cause: "the hostname was changed in the container after its start",
  },
  async ({ plain, member, ofPlain, ofMember }) => {
    const own = await Promise.all([plain, member].map(async (one) => await textFile(one, "/proc/sys/kernel/hostname")));
    expect([ofPlain.Config.Hostname, ofMember.Config.Hostname], "Hostname in inspect, against the kernel's").toEqual(
      own.map((name) => name.trim()),
    );
  },
);
