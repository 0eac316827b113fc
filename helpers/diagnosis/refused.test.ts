import { expect, test } from "vitest";
import { MISSING_RULES } from "../cause/keys.ts";
import { RESTART_ENGINE } from "../cause/mend.ts";
import { finding, missingRules } from "./finding.ts";
import { refusedBy, waysOfRefusal } from "./refused.ts";

/** Engine 26.1.5, whose chains were flushed and removed while it ran. */
const NO_CHAIN =
  "Failed to Setup IP tables: Unable to enable SKIP DNAT rule:  (iptables failed: iptables --wait -t nat -I DOCKER -i br-d20a5e05da1e -j RETURN: iptables: No chain/target/match by that name.\n (exit status 1))";

test("rules that are missing are why the engine can't add to them", () => {
  const gone = finding("nat", "blocks", [], ["nat"], "no chain DOCKER", missingRules("nat", "-N DOCKER"));
  const drop = finding("filter", "blocks", [], [], "a drop");
  const link = finding("links", "blocks", [], [], "a bridge is down");
  expect(refusedBy(NO_CHAIN, [link, drop, gone])).toEqual([gone]);
});

test("a rule that stops packets stops no rule from being written", () => {
  const drop = finding("filter", "blocks", [], ["drop"], "a rule of INPUT rejects", { group: "firewall …" });
  const [one] = refusedBy(NO_CHAIN, [drop]);
  expect(one?.reason).toMatchObject({ key: MISSING_RULES, remedies: [RESTART_ENGINE] });
});

test("where nothing deviates, the engine's words are the cause, one for all networks", () => {
  const [one] = refusedBy(NO_CHAIN, []);
  const [other] = refusedBy(NO_CHAIN.replace("d20a5e05da1e", "15a203577e21"), []);
  expect(one?.reason).toMatchObject({ key: MISSING_RULES, remedies: [RESTART_ENGINE] });
  expect(other?.reason.what).toBe(one?.reason.what);
  const gone = (doing: string) =>
    `Unable to ${doing} (iptables failed: iptables --wait: (fork/exec /usr/sbin/iptables: no such file or directory))`;
  const [adding, filtering] = ["enable NAT rule:", "enable DIRECT ACCESS FILTERING:"].flatMap((doing) =>
    refusedBy(gone(doing), []),
  );
  expect(filtering?.reason.key).toBe(adding?.reason.key);
  expect(adding?.reason.what).toContain('"fork/exec /usr/sbin/iptables: no such file or directory"');
  const [unknown] = refusedBy('exec: "docker-proxy": executable file not found in $PATH', []);
  expect(unknown?.reason).toMatchObject({ remedies: [], what: expect.stringContaining("executable file not found") });
});

test("a device that is gone is no chain that is gone", () => {
  const words =
    "failed to set up container networking: failed to create endpoint dnc-ra-web on network bridge: adding interface veth08dcc41 to bridge docker0 failed: Device does not exist";
  const [one] = refusedBy(words, []);
  expect(one?.reason.key).not.toBe(MISSING_RULES);
  expect(one?.reason.what).toContain("adding interface … to bridge docker0 failed: Device does not exist");
  const [chain] = refusedBy("iptables v1.8.11 (nf_tables): Chain 'DOCKER-FORWARD' does not exist", []);
  expect(chain?.reason.key).toBe(MISSING_RULES);
});

test("what the engine does not do is the effect", () => {
  expect(waysOfRefusal(NO_CHAIN)).toEqual([{ direction: "blocked", from: "the engine", to: "networks", by: "API" }]);
  expect(waysOfRefusal("failed to set up container networking: iptables failed")).toMatchObject([
    { to: "containers with a network" },
  ]);
  expect(waysOfRefusal("no space left on device")).toEqual([]);
});
