import { expect, test } from "vitest";
import type { Program } from "../../snapshot/firewall/index.ts";
import { readIptables } from "../../snapshot/firewall/read-iptables.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import { deviations } from "./deviations.ts";
import { healthy } from "./testing/healthy.ts";

const EMPTY = "*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n";
const DOCKERS = "*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\nCOMMIT\n";

function told(...tables: readonly (readonly [Program, string])[]): string[] {
  const snapshot = healthy();
  if (snapshot.host === null) throw new Error("the captured snapshot has no host");
  const filters = { tables: tables.flatMap(([program, text]) => readIptables(text, program)), unread: [] };
  const host = { ...snapshot.host, filters };
  return deviations({ ...snapshot, host } as Snapshot).flatMap(({ reason }) =>
    reason.what.startsWith("`iptables` works on")
      ? reason.remedies.flatMap((one) => ("commands" in one ? one.commands.slice(0, 1) : []))
      : [],
  );
}

test("the variant that Docker's rules are in is told, where iptables speaks for the other one", () => {
  expect(told(["iptables", EMPTY], ["iptables-nft", DOCKERS])).toEqual([
    "update-alternatives --set iptables $(command -v iptables-nft)",
  ]);
  expect(told(["iptables-legacy", DOCKERS])).toEqual([
    "update-alternatives --set iptables $(command -v iptables-legacy)",
  ]);
});

test("not where iptables shows them as well, nor where none has any", () => {
  expect(told(["iptables", DOCKERS], ["iptables-legacy", DOCKERS])).toEqual([]);
  expect(told(["iptables", EMPTY], ["iptables-legacy", EMPTY])).toEqual([]);
});
