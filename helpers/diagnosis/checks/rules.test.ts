import { expect, test } from "vitest";
import { after, containerOf, told } from "./testing/broken.ts";
import { type Breakable, healthy } from "./testing/healthy.ts";

/** What is found with one more rule. */
function withRule(table: string, chain: string, rule: string, packets = 3): string {
  return told(
    after((_snapshot, host) => host.firewall?.rules.push({ table, chain, args: rule.split(" "), packets, bytes: 0 })),
  );
}

function addressOf(snapshot: Breakable, name: string): string {
  const [settings] = Object.values(containerOf(snapshot, name).inspected.NetworkSettings.Networks);
  if (settings === undefined) throw new Error(`${name} of the captured snapshot is on no network`);
  return settings.IPAddress;
}

test("with the nftables backend the way to the resolver is looked for in the engine's nftables table", () => {
  const led = (change: (rules: readonly string[]) => string[]) =>
    told(
      after(({ containers }) => {
        for (const { inside } of containers) {
          if (inside === null) continue;
          const port = (protocol: string): number | undefined =>
            inside.sockets.find(({ protocol: its, local }) => its === protocol && local.address === "127.0.0.11")?.local
              .port;
          inside.firewall = { chains: [], rules: [] };
          inside.resolverRules = change(
            ["udp", "tcp"].map(
              (protocol) =>
                `ip daddr 127.0.0.11 ${protocol} dport 53 counter dnat to 127.0.0.11:${port(protocol) ?? "0"}`,
            ),
          );
        }
      }),
    );
  expect(led((rules) => [...rules])).toBe("");
  expect(led(() => [])).toMatch(/rules that lead container \S+ to the engine's resolver .* are gone/);
  expect(led((rules) => rules.map((rule) => rule.replace(/\d+$/, "9")))).toMatch(
    /is led to port 9\/udp and 9\/tcp, where that does not listen/,
  );
});

test("a foreign drop is named once it has counted packets that may be ours, and not before", () => {
  const drop = (packets: number, source: string) =>
    told(
      after((_snapshot, host) =>
        host.firewall?.rules.push({
          table: "filter",
          chain: "DOCKER-USER",
          args: ["-s", source, "-j", "DROP"],
          packets,
          bytes: 0,
        }),
      ),
    );
  expect(drop(3, "172.18.0.0/16")).toMatch(/rule of DOCKER-USER .* drops .* counted packets: `-A DOCKER-USER -s 172/);
  expect(drop(0, "172.18.0.0/16")).toBe("");
  expect(drop(3, "198.51.100.0/24")).toBe("");
});

test("a foreign translation of a range that holds a published port", () => {
  const redirect = (ports: string, packets?: number) =>
    withRule("nat", "PREROUTING", `-p tcp -m tcp --dport ${ports} -j REDIRECT --to-ports 9`, packets);
  expect(redirect("18000:18100")).toMatch(
    /takes the packets of published port 18080\/tcp of container dnc-rfake000-site-web before Docker's/,
  );
  expect(redirect("18000:18100", 0)).toBe("");
  expect(redirect("19000:19100")).toBe("");
});

test("what is not tracked is not translated", () => {
  expect(withRule("raw", "PREROUTING", "-i eth0 -j CT --notrack")).toMatch(/exempts packets from connection tracking/);
  // Whether it has counted any or not: what is sent to published ports is put through it.
  expect(withRule("raw", "PREROUTING", "-i eth0 -j CT --notrack", 0)).toMatch(
    /^A rule that is not the engine's stops what is sent to published ports: `iptables -t raw/,
  );
});

test("rules that name containers they don't belong to, or nobody", () => {
  const [web, far] = ["web", "far"].map((name) => addressOf(healthy(), name));
  expect(
    withRule("nat", "DOCKER", `-d 192.0.2.1/32 -p tcp -m tcp --dport 9 -j DNAT --to-destination ${far}:80`),
  ).toMatch(/DNAT rule to dnc-rfake000-site-far, which does not publish that port/);
  expect(withRule("nat", "PREROUTING", `-p tcp -m tcp --dport 9:10 -j DNAT --to-destination ${far}`)).toMatch(
    /translates ports of the host to dnc-rfake000-site-far, which does not publish them/,
  );
  expect(withRule("filter", "INPUT", `-s ${web}/32 -j ACCEPT`, 0)).toMatch(
    /A rule of INPUT that is not Docker's names dnc-rfake000-site-web by its address/,
  );
  expect(withRule("filter", "OUTPUT", "-d 172.18.200.200/32 -j ACCEPT", 0)).toMatch(
    /still names 172\.18\.200\.200, an address of network dnc-rfake000-site-net that no container has/,
  );
  expect(withRule("filter", "OUTPUT", "-d 198.51.100.1/32 -j ACCEPT", 0)).toBe("");
  expect(withRule("nat", "POSTROUTING", `-s ${web}/32 -d ${web}/32 -p tcp --dport 80 -j MASQUERADE`)).toMatch(
    /masquerades what dnc-rfake000-site-web sends to itself/,
  );
});

test("rules without a condition, and errors, in chains of Docker's own", () => {
  expect(withRule("filter", "DOCKER-FORWARD", "-j DROP", 0)).toMatch(
    /rule of DOCKER-FORWARD .* that is not Docker's drops/,
  );
  expect(withRule("filter", "DOCKER-ISOLATION-STAGE-2", "-j DROP", 0)).toMatch(
    /rule of DOCKER-ISOLATION-STAGE-2 .* drops/,
  );
  expect(withRule("filter", "DOCKER-FORWARD", "-o docker0 -j REJECT")).toMatch(/not Docker's rejects/);
});

test("a drop inside a container's namespace is no matter of the host's filters, which packets may pass", () => {
  const found = after((snapshot) => {
    const args = ["-s", "127.0.0.11", "-j", "DROP"];
    const { firewall } = containerOf(snapshot, "web").inside;
    firewall?.rules.push({ table: "filter", chain: "INPUT", args, packets: 3, bytes: 0 });
    firewall?.chains.push({ table: "filter", name: "INPUT", policy: "ACCEPT" });
  });
  expect(told(found)).toMatch(/inside the network namespace of dnc-rfake000-site-web drops packets/);
  expect(found.every(({ kind }) => kind !== "filter")).toBe(true);
});

test("the suites' own rules are no deviation", () => {
  const rules = (comment: string): string =>
    told(
      after((snapshot, host) => {
        const [subnet = ""] = snapshot.networks.flatMap(
          ({ IPAM }) => IPAM.Config?.map(({ Subnet }) => Subnet ?? "") ?? [],
        );
        host.firewall?.rules.push({
          table: "nat",
          chain: "POSTROUTING",
          args: ["-s", subnet.replace(/\/\d+$/, "/30"), "-m", "comment", "--comment", comment, "-j", "MASQUERADE"],
          packets: 3,
          bytes: 252,
        });
      }),
    );
  expect(rules("by hand")).toMatch(/changes the source of packets/);
  expect(rules("dnc-r82aa513-bridge-masquerade")).toBe("");
  const accept = (device: string): string =>
    told(
      after((_snapshot, host) =>
        host.firewall?.rules.unshift({
          table: "filter",
          chain: "FORWARD",
          args: ["-i", device, "-j", "ACCEPT"],
          packets: 3,
          bytes: 252,
        }),
      ),
    );
  expect(accept("docker0")).toMatch(/`-A FORWARD -i docker0 -j ACCEPT` accepts what goes from docker0 .* DOCKER-USER/);
  expect(accept("vpn0")).not.toMatch(/DOCKER-USER/);
  expect(accept("dr82aa5132fbr")).toBe("");
});
