import { expect, test } from "vitest";
import { readNft } from "../snapshot/firewall/read-nft.ts";
import { audit, cardsOf } from "./judge.ts";
import { filtering, RULES, shop } from "./testing/shop.ts";

/** A host with a container on an overlay network, and these rules in its chain INPUT. */
function node(others: boolean, ...rules: readonly string[]) {
  const snapshot = shop();
  const [, network] = snapshot.networks;
  const [socket] = snapshot.host.sockets;
  if (network === undefined || socket === undefined) throw new Error("the shop has them");
  network.Driver = "overlay";
  Object.assign(snapshot.facts.engine, { swarmState: "active", swarmOthers: others });
  for (const [protocol, port] of [
    ["udp", 4789],
    ["udp", 7946],
    ["tcp", 7946],
  ] as const)
    snapshot.host.sockets.push({ ...socket, protocol, local: { address: "0.0.0.0", port } });
  snapshot.host.filters = filtering(
    RULES.replace(/(\*filter\n(?::.*\n)+)/, `$1${rules.join("\n")}\n`),
  ) as typeof snapshot.host.filters;
  return snapshot;
}

const told = (snapshot: ReturnType<typeof node>) => {
  const { deviations, notes } = audit(snapshot);
  return {
    cards: cardsOf(
      deviations.filter(({ claim }) => claim === "LIVE-19"),
      snapshot,
    ),
    notes,
  };
};

const SHUT = "-A INPUT -p udp -m udp --dport 4789 -j DROP";

test("a node that other nodes can't reach by VXLAN is broken, one that is alone is not yet", () => {
  const { cards } = told(node(true, SHUT));
  expect(cards).toHaveLength(1);
  expect(cards[0]?.what).toMatch(/shuts 4789\/udp, by which the other nodes/);
  expect(cards[0]?.remedies[0]?.commands).toEqual(["iptables -t filter -D INPUT -p udp -m udp --dport 4789 -j DROP"]);
  const alone = told(node(false, SHUT));
  expect(alone.cards).toEqual([]);
  expect(alone.notes.map(({ what }) => what).join()).toMatch(/This node is alone in its swarm/);
});

test("past a rule that refuses the rest each port is let in", () => {
  const { cards } = told(node(true, "-A INPUT -i lo -j ACCEPT", "-A INPUT -j DROP"));
  expect(cards[0]?.remedies[0]?.commands).toEqual([
    "iptables -t filter -I INPUT -p udp --dport 4789 -j ACCEPT",
    "iptables -t filter -I INPUT -p tcp --dport 7946 -j ACCEPT",
    "iptables -t filter -I INPUT -p udp --dport 7946 -j ACCEPT",
  ]);
});

test("who lets some senders in, or uses another data path port, is not told", () => {
  const listing = node(true, "-A INPUT -s 192.0.2.0/24 -j ACCEPT", "-A INPUT -j DROP");
  const { cards, notes } = told(listing);
  expect(cards).toEqual([]);
  expect(notes.map(({ what }) => what).join()).not.toMatch(/swarm/);
  const other = node(true, SHUT);
  other.host.sockets = other.host.sockets.filter(({ local }) => local.port !== 4789);
  expect(told(other).cards).toEqual([]);
});

test("nftables' own tables are asked too", () => {
  const snapshot = node(true);
  const rule = { match: { op: "==", left: { payload: { protocol: "udp", field: "dport" } }, right: 4789 } };
  const table = { family: "inet", table: "fw", handle: 1 };
  const tables = readNft(
    JSON.stringify({
      nftables: [
        { table: { family: "inet", name: "fw" } },
        { chain: { ...table, name: "in", type: "filter", hook: "input", prio: 0, policy: "drop" } },
        { rule: { ...table, chain: "in", expr: [{ ...rule, match: { ...rule.match, op: "!=" } }, { accept: null }] } },
      ],
    }),
    "",
  );
  Object.assign(snapshot.host.filters ?? {}, { tables: [...(snapshot.host.filters?.tables ?? []), ...tables] });
  expect(told(snapshot).cards[0]?.remedies[0]?.commands).toEqual([
    "nft insert rule inet fw in udp dport 4789 accept",
    "nft insert rule inet fw in tcp dport 7946 accept",
  ]);
});

test("a swarm that is locked, or failed, is the one cause of what does not run on overlay networks", () => {
  const snapshot = shop();
  Object.assign(snapshot.facts.engine, { swarmState: "locked" });
  const [, api] = snapshot.containers;
  Object.assign(api ?? {}, {
    status: "exited",
    restartPolicy: "always",
    error: "invalid cluster node while attaching to network",
    inside: null,
    ports: [],
  });
  const [card, ...others] = cardsOf(audit(snapshot).deviations, snapshot);
  expect(others).toEqual([]);
  expect(card?.what).toMatch(/^This node's swarm is locked/);
  expect(card?.remedies.map(({ commands }) => commands)).toEqual([["docker swarm unlock", "docker start api"]]);
  const failed = shop();
  Object.assign(failed.facts.engine, { swarmState: "error", swarmError: "the certificate has expired." });
  expect(audit(failed).deviations.map(({ reason }) => reason.what)).toEqual([
    expect.stringMatching(/services don't run: the certificate has expired\.$/),
  ]);
});
