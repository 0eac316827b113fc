import { expect } from "vitest";
import { iptablesUnlisted } from "../../helpers/expectations/firewall.ts";
import { formatRule } from "../../helpers/expectations/rule-match.ts";
import { bridgePorts } from "../../helpers/probes/bridge-ports.ts";
import { type Link, links } from "../../helpers/probes/links.ts";
import { briefly } from "../../helpers/requirement/briefly.ts";
import { busybox, chapter, cite, D0, D1, type Session, stage, theEngine } from "../../helpers/requirement/index.ts";
import { undisturbed } from "../../helpers/requirement/undisturbed.ts";
import { listRules } from "../../helpers/snapshot/firewall/rule-list.ts";
import { hostPrograms } from "../../helpers/vantage/host-programs.ts";

const NOT_IN_HOST_MODE =
  "the engine gave the container a network namespace of its own: something between here and the engine alters NetworkMode (an authorization plugin, a platform's proxy)";

/** The host before and while a container in host mode runs that was started with `-P`, too. */
const started = stage(theEngine, async (session) => {
  await session.host();
  return await undisturbed(session, undefined, async (attempt) => {
    const before = await look(session);
    const spec = { containers: { open: busybox({ on: "host", publishAll: true, expose: ["80/tcp"] }) } };
    return await briefly(session, `quiet-host-${attempt}`, spec, async () => ({
      before,
      running: await look(session),
    }));
  });
});

const onStarted = chapter({ given: started });

onStarted(
  "HOST-08",
  {
    must: "Starting a container in host mode MUST NOT create any network interface on the host",
    from: [
      cite("docs/host#steps", "Check all network interfaces and verify that no new interface was created"),
      D1("host模式"),
    ],
    needs: ["host view"],
    cause: NOT_IN_HOST_MODE,
    tags: ["quiet"],
  },
  ({ before, running }) => {
    const created = running.interfaces.filter((name) => !before.interfaces.includes(name));
    expect(created, "interfaces of the host that were not there before the container ran").toEqual([]);
  },
);

onStarted(
  "HOST-09",
  {
    must: "Starting a container in host mode MUST NOT give the default bridge's device a port, nor carrier where it had none",
    from: [
      cite("docs/host#steps", "Check all network interfaces and verify that no new interface was created"),
      D0("3.4.4"),
      D1("host模式"),
    ],
    cause:
      "the container is not in host mode after all: something between here and the engine alters NetworkMode, or another container was plugged in meanwhile",
    needs: ["host view", "default bridge"],
    tags: ["quiet"],
  },
  ({ before, running }) => {
    expect(running.ports, "ports of the default bridge while the container runs").toEqual(before.ports);
    const state = (device: Link | undefined): unknown => ({ up: device?.up, carrier: device?.carrier });
    expect(state(running.device), "the default bridge's device while the container runs").toEqual(state(before.device));
  },
);

onStarted(
  "HOST-18",
  {
    must: "No NAT rule MUST be added for a container in host mode, not even when it is started with `-P`",
    from: [cite("docs/host", "it doesn't require network address translation (NAT)"), D1("host模式")],
    needs: ["host iptables"],
    cause: NOT_IN_HOST_MODE,
    tags: ["quiet"],
  },
  ({ before, running }) => {
    const added = running.natRules.filter((rule) => !before.natRules.includes(rule));
    expect(added, "NAT rules that were not there before the container ran").toEqual([]);
  },
);

/** Chains of table nat that Docker writes to; others belong to other programs. */
const DOCKERS_CHAINS: ReadonlySet<string> = new Set(["PREROUTING", "OUTPUT", "POSTROUTING", "DOCKER"]);

interface Look {
  readonly interfaces: readonly string[];
  readonly device: Link | undefined;
  readonly ports: readonly string[];
  readonly natRules: readonly string[];
}

async function look(session: Session): Promise<Look> {
  const { facts } = session;
  const host = await session.host();
  const device = facts.defaultBridge?.device;
  const [all, ports, rules] = await Promise.all([
    links(hostPrograms(host)),
    device === undefined ? [] : bridgePorts(host, device),
    facts.host !== null && iptablesUnlisted(facts.host) === null ? (await listRules(host)).rules : [],
  ]);
  return {
    interfaces: all.map((one) => one.name).toSorted(),
    device: all.find((one) => one.name === device),
    ports,
    natRules: rules.filter(({ table, chain }) => table === "nat" && DOCKERS_CHAINS.has(chain)).map(formatRule),
  };
}
