import { expect, test } from "vitest";
import { MISSING_RULES } from "../cause/keys.ts";
import { audit } from "./judge.ts";
import { filtering, RULES, shop } from "./testing/shop.ts";

/** What is found on a host with these rules, one line for each cause. */
function found(rules: string): string[] {
  const snapshot = shop();
  snapshot.host.filters = filtering(rules) as typeof snapshot.host.filters;
  return [...new Set(audit(snapshot).deviations.map(({ claim, reason }) => `${claim} ${reason.key}`))].toSorted();
}

const TRANSLATES = "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER";
const GUARDS = "-A PREROUTING -d 172.17.0.2/32 ! -i docker0 -j DROP";

test.each(["-i eth0 -p tcp -j ACCEPT", "-i eth0 -p tcp -j RETURN"])(
  "%s before Docker's rules are asked is why they don't translate",
  (taking) => {
    const rule = `-A PREROUTING ${taking}`;
    expect(found(RULES.replace(TRANSLATES, `${rule}\n${TRANSLATES}`))).toEqual([
      `LIVE-11 firewall iptables -t nat ${rule}`,
    ]);
    expect(found(RULES.replace(TRANSLATES, `${TRANSLATES}\n${rule}`))).toEqual([]);
  },
);

test("a rule that only some senders meet takes nothing away", () => {
  expect(found(RULES.replace(TRANSLATES, `-A PREROUTING -s 10.9.8.7/32 -j ACCEPT\n${TRANSLATES}`))).toEqual([]);
});

test("where Docker's rules are gone as well, that is the cause", () => {
  const gone = RULES.replace(/^-A DOCKER .*--dport 18080 .*\n/m, "");
  expect(found(gone.replace(TRANSLATES, `-A PREROUTING -i eth0 -p tcp -j RETURN\n${TRANSLATES}`))).toContain(
    `LIVE-11 ${MISSING_RULES}: translation web`,
  );
});

test("a rule that accepts before Docker's drop in raw opens the container's own address", () => {
  const rule = "-A PREROUTING -i eth0 -j ACCEPT";
  expect(found(RULES.replace(GUARDS, `${rule}\n${GUARDS}`))).toEqual([`LIVE-10 firewall iptables -t raw ${rule}`]);
});

test("a rule that accepts in a table beside Docker's keeps nothing from it", () => {
  expect(found(`*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -j ACCEPT\nCOMMIT\n${RULES}`)).toEqual([]);
});
