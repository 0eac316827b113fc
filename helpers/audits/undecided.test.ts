import { expect, test } from "vitest";
import { readIptables } from "../snapshot/firewall/read-iptables.ts";
import { audit } from "./judge.ts";
import { filtering, RULES, shop } from "./testing/shop.ts";

function found(line: string) {
  const snapshot = shop();
  const text = RULES.replace(":DOCKER-USER - ", ":ufw-before-forward - [0:0]\n:DOCKER-USER - ").replace(
    "-A FORWARD -j DOCKER-USER",
    `${line}\n-A FORWARD -j DOCKER-USER`,
  );
  snapshot.host.filters = filtering(text) as typeof snapshot.host.filters;
  return audit(snapshot);
}

test("a rule that drops by a condition that nobody here can decide is named, once", () => {
  const { deviations, notes } = found("-A FORWARD -m bpf --bytecode 1,6 -j DROP");
  expect(deviations).toEqual([]);
  expect(notes.map(({ key }) => key)).toEqual([
    "undecided iptables -t filter -A FORWARD -m bpf --bytecode 1,6 -j DROP",
  ]);
  expect(notes[0]?.subjects).toContainEqual({ kind: "network", name: "shop" });
});

test("what a firewall program keeps is that program's", () => {
  const { notes } = found("-A FORWARD -j ufw-before-forward\n-A ufw-before-forward -m bpf --bytecode 1,6 -j DROP");
  expect(notes).toEqual([]);
});

test("what protects by time and number, and what does not come by such packets, is none of our business", () => {
  for (const line of [
    "-A FORWARD -p tcp -m connlimit --connlimit-above 50 --connlimit-mask 32 --connlimit-saddr -j DROP",
    "-A FORWARD -i tun0 -m bpf --bytecode 1,6 -j DROP",
    "-A FORWARD -m bpf --bytecode 1,6 -j ACCEPT",
  ])
    expect(found(line).notes).toEqual([]);
});

test("more connections than none are there always: that rule stops whatever comes", () => {
  const line = "-A FORWARD -p tcp -m connlimit --connlimit-above 0 --connlimit-mask 32 --connlimit-saddr -j REJECT";
  expect(found(line).deviations.map(({ claim }) => claim)).toContain("LIVE-07");
  const some = readIptables(
    `*filter\n:FORWARD ACCEPT [0:0]\n${line.replace("above 0", "upto 0")}\nCOMMIT\n`,
    "iptables",
  );
  expect(some[0]?.chains[0]?.rules[0]?.steps).toContainEqual(expect.objectContaining({ kind: "some", now: "ends" }));
});
