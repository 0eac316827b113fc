import { expect } from "vitest";
import { noNetworkYet } from "../../../helpers/expectations/engine-switches.ts";
import { dnat } from "../../../helpers/expectations/firewall.ts";
import { formatRule, rulesNaming } from "../../../helpers/expectations/rule-match.ts";
import { textFile } from "../../../helpers/probes/text-file.ts";
import { mustHold } from "../../../helpers/requirement/firewall-rule.ts";
import { cite, D0, D1, D3, D4, NotApplicable, requirement, theEngine } from "../../../helpers/requirement/index.ts";
import type { CountedRule } from "../../../helpers/snapshot/firewall/rule-list.ts";
import { noRules } from "../rules.ts";
import { comingAndGoing, onRules } from "./site.ts";

onRules(
  "NAT-28",
  {
    must: "A container without `-p` MUST NOT have any rule of its own in the host's nat table",
    from: [D1("bridge模式"), D3("二.1")],
  },
  ({ rules, web, plain }) => {
    const translated = rules.filter(({ table }) => table === "nat");
    expect(
      rulesNaming(translated, web.addressOn("bridge")).length,
      "nat rules that name a published container",
    ).toBeGreaterThan(0);
    expect(
      rulesNaming(translated, plain.addressOn("bridge")).map(formatRule),
      "nat rules that name an unpublished container",
    ).toEqual([]);
  },
);

requirement(
  "NAT-29",
  {
    must: "All rules of a publication MUST disappear with its container",
    from: [D0("3.4.2.2")],
    needs: ["host iptables"],
    unless: noRules,
  },
  comingAndGoing,
  ({ port, during, after }, { facts }) => {
    mustHold("DNAT while the container is there", dnat(facts, during.rules, port));
    const left = after.rules.filter(
      (rule) =>
        rulesNaming([rule], port.to.address).length > 0 ||
        (rule.table === "nat" && rule.args.includes(String(port.hostPort))),
    );
    expect(left.map(formatRule), `rules that still name ${port.to.address} or host port ${port.hostPort}`).toEqual([]);
  },
);

requirement(
  "NAT-30",
  {
    must: "Publishing a port MUST NOT touch the nat and filter rules of other programs: each is still there, in the same order",
    from: [D3("二.1")],
    needs: ["host iptables"],
    unless: noRules,
    cause:
      "another program rewrites the host's rules when containers come and go (a hook that restores a saved set, a firewall's reload): rules of other programs are lost",
  },
  comingAndGoing,
  ({ before, devices, runId, during, after }) => {
    const foreign = Map.groupBy(
      before.rules.filter((rule) => isForeign(rule, devices, runId)),
      ({ table, chain }) => `${table} ${chain}`,
    );
    if (foreign.size === 0) throw new NotApplicable("all nat and filter rules on this host are Docker's");
    for (const [when, { rules }] of [
      ["while a published container is there", during],
      ["after it is gone", after],
    ] as const) {
      const lost = [...foreign].flatMap(([place, own]) => {
        const now = rules.filter(({ table, chain }) => `${table} ${chain}` === place).map(formatRule);
        return missingInOrder(own.map(formatRule), now);
      });
      expect(lost, `rules of other programs that are missing or out of order ${when}`).toEqual([]);
    }
  },
);

/** What of one list does not come, in its order, in the other; the other may hold more: programs may add rules at any time. */
function missingInOrder(wanted: readonly string[], found: readonly string[]): string[] {
  let from = 0;
  return wanted.filter((one) => {
    const place = found.indexOf(one, from);
    if (place !== -1) from = place + 1;
    return place === -1;
  });
}

/**
 * A nat or filter rule that is neither Docker's nor of a suite that builds by hand: not in one of Docker's chains, not a
 * jump there, about none of its bridges or containers, and without the run's id in a device's name or in a comment.
 */
function isForeign({ table, chain, args }: CountedRule, devices: ReadonlySet<string>, runId: string): boolean {
  const docker = /^DOCKER($|-)/;
  if (table !== "nat" && table !== "filter") return false;
  // By its name too: networks of other suites come and go while the rules are read, the list of devices is older.
  const dockerBridge = /^br-[0-9a-f]{12}$/;
  if (docker.test(chain)) return false;
  if (args.some((arg) => docker.test(arg) || devices.has(arg) || dockerBridge.test(arg) || arg.includes(runId)))
    return false;
  // The masquerade rule of a container to itself names one address twice.
  const source = args[args.indexOf("-s") + 1];
  return !(args.includes("MASQUERADE") && args.includes("-s") && source === args[args.indexOf("-d") + 1]);
}

requirement(
  "NAT-31",
  {
    must: "IPv4 forwarding MUST be on while dockerd runs, unless `ip-forward` is off",
    from: [
      cite("man/dockerd#--ip-forward", "If your system has IP forwarding disabled, this setting enables it."),
      D3("一.1.2"),
      D4("Linux bridge"),
    ],
    needs: ["host view"],
    unless: ({ configuration }) =>
      configuration["ip-forward"] === false ? "dockerd leaves forwarding alone (ip-forward: false)" : null,
    cause:
      "a sysctl file or another program set net.ipv4.ip_forward to 0 after dockerd had started: containers can't reach out and published ports are dead for other machines",
  },
  theEngine,
  async (session) => {
    const value = await textFile(await session.host(), "/proc/sys/net/ipv4/ip_forward");
    // dockerd switches it on with each network that is made, so with the first of this run's own: it has to have been on
    // before, unless there was no network yet.
    const onBefore = session.facts.host?.ipForward === true || noNetworkYet(session.facts);
    expect({ "before this run made networks": onBefore ? "1" : "0", now: value.trim() }, "net.ipv4.ip_forward").toEqual(
      {
        "before this run made networks": "1",
        now: "1",
      },
    );
  },
);
