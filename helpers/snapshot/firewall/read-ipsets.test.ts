import { expect, test } from "vitest";
import { evaluate } from "./evaluate.ts";
import type { Packet } from "./packet.ts";
import { readIpSets } from "./read-ipsets.ts";
import { readIptables } from "./read-iptables.ts";

/** As ipset 7.17 prints it. */
const SAVED = `create blocked hash:net family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0xd5f4ba4f
add blocked 172.16.0.0/12
create ports hash:ip,port family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x847a71fd
add ports 203.0.113.9,tcp:443
create odd hash:net family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x847a71fd
add odd 10.0.0.0/8
add odd 10.1.0.0/16 nomatch
create all list:set size 8
add all blocked
`;
const packet: Packet = {
  family: "ip",
  protocol: "tcp",
  source: "172.17.0.2",
  destination: "203.0.113.9",
  destinationPort: 443,
  state: "new",
};

test.each([
  ["-m set --match-set blocked src", ["drop"]],
  ["-m set --match-set blocked dst", ["accept"]],
  ["-m set ! --match-set blocked src", ["accept"]],
  ["-m set ! --match-set blocked dst", ["drop"]],
  ["-m set --match-set ports dst,dst", ["drop"]],
  ["-m set --match-set ports src,dst", ["accept"]],
  ["-m set --match-set odd src", ["drop", "accept"]],
  ["-m set --match-set all src", ["drop", "accept"]],
  ["-m set --match-set gone src", ["drop", "accept"]],
])("a rule with %s leaves a connection beyond the host %j", (match, verdicts) => {
  const ipsets = readIpSets(SAVED);
  const tables = readIptables(`*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD ${match} -j DROP\nCOMMIT\n`, "iptables");
  const firewall = { tables: tables.map((table) => ({ ...table, ipsets })), unread: [] };
  expect(evaluate(firewall, packet, "forward").ends.map(({ verdict }) => verdict)).toEqual(verdicts);
});
