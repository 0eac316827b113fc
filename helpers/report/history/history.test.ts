import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { HostState } from "../../model/host-state.ts";
import type { RequirementResult, Results, Verdict } from "../../model/results.ts";
import { compareRuns } from "../diff.ts";
import { conformantRun, emptyRun, interruptedRun, nameNotFound, sampleRun } from "../sample-results.ts";
import { baselineFor, lastUntil } from "./baseline.ts";
import { flakyOf } from "./flaky.ts";
import { withHistory } from "./fold.ts";
import { parseRecord, type RunRecord, recordOf } from "./record.ts";
import { allHistories, historyOf, keepRun, recentHistory } from "./store.ts";

const JUMP = "iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER";
const HOST: HostState = {
  links: ["docker0 mtu 1500"],
  addresses: ["172.17.0.1/16 on docker0"],
  routes: ["default via 192.0.2.1 dev eth0"],
  "firewall rules": [JUMP, "iptables -t nat -A DOCKER -i docker0 -j RETURN"],
  sysctls: [],
};
const FLUSHED: HostState = { ...HOST, "firewall rules": [] };

function results(day: number, verdicts: Readonly<Record<string, Verdict>>, parts: Partial<Results> = {}): Results {
  const run = sampleRun(
    Object.entries(verdicts).map(
      ([id, verdict]): RequirementResult => ({ ...nameNotFound, id, verdict, reason: verdict === "pass" ? "" : "so" }),
    ),
  );
  const startedAt = new Date(Date.UTC(2026, 10, day)).toISOString();
  return { ...run, startedAt, runId: `run-${day}`, hostState: HOST, cards: [], ...parts };
}

function record(...args: Parameters<typeof results>): RunRecord {
  return recordOf(results(...args)) ?? expect.fail("it judged something");
}

const green = (day: number, parts: Partial<Results> = {}) => record(day, { "NAT-01": "pass", "UDN-01": "pass" }, parts);
const red = (day: number, parts: Partial<Results> = {}) => record(day, { "NAT-01": "fail", "UDN-01": "pass" }, parts);

describe("what is kept of a run", () => {
  test("it is read again as it was written", () => {
    expect(parseRecord(JSON.stringify(green(1)))).toEqual(green(1));
  });
  test.each(["", "{", "null", "{}", JSON.stringify({ ...green(1), recordVersion: 0 }), '{"recordVersion":1}'])(
    "%s is none",
    (text) => {
      expect(parseRecord(text)).toBeNull();
    },
  );
  test("a run that judged nothing is not kept", () => {
    expect(recordOf(emptyRun)).toBeNull();
  });
  test("whole is what was asked for everything and went to its end", () => {
    expect(green(1).whole).toBe(true);
    expect(green(1, { selection: ["NAT"] }).whole).toBe(false);
    expect(green(1, { errors: ["a suite could not be loaded"] }).whole).toBe(false);
    expect(recordOf({ ...interruptedRun, requirements: conformantRun.requirements })?.whole).toBe(false);
  });
});

describe("the baseline", () => {
  const now = { runId: "now", startedAt: "2026-11-20T00:00:00Z" };
  test("is the last whole run that was good, however many were red since", () => {
    expect(baselineFor(now, [green(1), green(2), red(3), red(4)])?.runId).toBe("run-2");
  });
  test("is never a selection, a run that was cut short, a later run or the run itself", () => {
    const history = [green(1), green(2, { selection: ["NAT"] }), green(3, { errors: ["x"] }), green(25)];
    expect(baselineFor(now, history)?.runId).toBe("run-1");
    expect(baselineFor({ ...now, runId: "run-1" }, [green(1)])).toBeNull();
  });
  test("is the last whole run where none was good", () => {
    expect(baselineFor(now, [red(1), red(2)])?.runId).toBe("run-2");
  });
  test("of a day is the last whole one until its end", () => {
    const history = [green(1), red(2), green(3)];
    expect(lastUntil(new Date("2026-11-03T00:00:00Z"), now, history)?.runId).toBe("run-2");
    expect(lastUntil(new Date("2026-11-01T00:00:00Z"), now, history)).toBeNull();
  });
  test("of its own day is the one before it, never the run itself", () => {
    const itself = { runId: "run-3", startedAt: green(3).startedAt };
    expect(lastUntil(new Date("2026-11-04T00:00:00Z"), itself, [green(1), red(2), green(3)])?.runId).toBe("run-2");
  });
});

describe("what flickers", () => {
  test("is named with its ratio", () => {
    expect(flakyOf([green(1), red(2), green(3), green(4)])).toEqual([{ id: "NAT-01", bad: 1, of: 4 }]);
  });
  test("what broke and stayed so does not, nor what was mended once", () => {
    expect(flakyOf([green(1), red(2), red(3)])).toEqual([]);
    expect(flakyOf([red(1), green(2), green(3)])).toEqual([]);
  });
  test("what an engine that went away or a signal broke does not", () => {
    const gone = results(2, { "NAT-01": "error", "UDN-01": "pass" });
    const requirements = gone.requirements.map((one) => ({ ...one, disturbed: one.verdict === "error" }));
    const disturbed = recordOf({ ...gone, requirements }) ?? expect.fail();
    expect(flakyOf([green(1), disturbed, green(3)])).toEqual([]);
    const interrupted = red(2, { disturbances: [{ kind: "interrupted", by: "SIGINT" }] });
    expect(flakyOf([green(1), interrupted, green(3)])).toEqual([]);
  });
  test("what the host, the engine or a cause explains does not", () => {
    const flushed = red(2, { hostState: FLUSHED });
    expect(flakyOf([green(1), flushed, green(3)])).toEqual([]);
    const upgraded = red(2, { suiteVersion: "another" });
    expect(flakyOf([green(1), upgraded, green(3)])).toEqual([]);
    const cause = { key: "k", what: "W.", certainty: "seen" as const, explains: ["NAT-01"] };
    expect(flakyOf([green(1), { ...red(2), causes: [cause] }, green(3)])).toEqual([]);
    expect(flakyOf([green(1), { ...red(2), causes: [{ ...cause, certainty: "guessed" }] }, green(3)])).toHaveLength(1);
  });
});

describe("a host on which only containers came and went", () => {
  const ruled = (...rules: string[]) => ({
    hostState: { ...HOST, "firewall rules": [...HOST["firewall rules"], ...rules] },
  });
  const container = "iptables -t filter -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp --dport 80 -j ACCEPT";
  const listed = "iptables -t mangle -P FORWARD ACCEPT";

  test.each([
    container,
    "iptables -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 80 -j DNAT --to-destination 172.17.0.2:80",
    "iptables -t nat -A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE",
    "iptables -t raw -A PREROUTING -d 172.17.0.2/32 ! -i docker0 -j DROP",
    'nft ip docker-bridges nat-prerouting-and-output: iifname != "br-1" tcp dport 8080 counter dnat to 172.18.0.2:80 comment "DNAT"',
    'nft ip docker-bridges raw-PREROUTING: ip daddr 172.18.0.2 iifname != "br-1" counter drop comment "DROP DIRECT ACCESS"',
    'nft ip docker-bridges raw-PREROUTING: iifname != "lo" ip daddr 127.0.0.1 tcp dport 8081 counter drop comment "DROP REMOTE LOOPBACK"',
    "nft ip docker-bridges filter-forward-in__br-1: ip daddr 172.18.0.2 tcp dport 80 counter accept",
  ])("knows the rule of one: %s", (rule) => {
    expect(compareRuns(green(1), green(2, ruled(rule))).host).toMatchObject([{ ofContainers: true }]);
  });
  test.each([
    JUMP,
    "iptables -t filter -A FORWARD -d 172.17.0.2/32 -j DROP",
    "nft ip docker-bridges nat-prerouting: ip daddr != 127.0.0.0/8 fib daddr type local counter jump nat-prerouting-and-output",
    'nft ip docker-bridges nat-postrouting-out__docker0: oifname != "docker0" ip saddr 172.17.0.0/16 counter masquerade comment "MASQUERADE"',
    "nft inet filter forward: ip daddr 172.18.0.2 drop",
  ])("knows a rule of none: %s", (rule) => {
    expect(compareRuns(green(1), green(2, ruled(rule))).host).toMatchObject([{ ofContainers: false }]);
  });
  test("is the same for what flickers", () => {
    const runs = [green(1), red(2, ruled(container)), green(3, ruled(listed)), red(4, ruled(listed, container))];
    expect(flakyOf(runs)).toEqual([{ id: "NAT-01", bad: 2, of: 4 }]);
    expect(flakyOf([green(1), red(2, ruled("iptables -t filter -A INPUT -j DROP")), green(3)])).toEqual([]);
  });
  test("has no other firewall because somebody listed an empty table; a policy that drops is one", () => {
    expect(compareRuns(green(1), red(2, ruled(listed)))).toMatchObject({
      host: [],
      changes: [{ what: "NAT-01", explanation: { by: "nothing" } }],
    });
    const drops = "iptables -t filter -P FORWARD DROP";
    expect(compareRuns(green(1), red(2, ruled(drops))).host).toMatchObject([{ came: [drops] }]);
  });
});

describe("a firewall that is reloaded, and mended", () => {
  const broken = results(2, { "NAT-01": "fail", "UDN-01": "pass" }, { hostState: FLUSHED });
  const mended = results(3, { "NAT-01": "pass", "UDN-01": "pass" });

  test("its rules explain what broke", () => {
    const { history } = withHistory(broken, [green(1)]);
    expect(history?.sinceBaseline?.host).toEqual([
      { aspect: "firewall rules", gone: HOST["firewall rules"], came: [], ofContainers: false },
    ]);
    expect(history?.sinceBaseline?.changes).toMatchObject([
      { what: "NAT-01", after: "fail", worse: true, explanation: { by: "host", names: ["firewall rules"] } },
    ]);
  });
  test("and what was mended", () => {
    const before = recordOf(broken) ?? expect.fail();
    const { changes } = compareRuns(before, recordOf(mended) ?? expect.fail());
    expect(changes).toMatchObject([{ what: "NAT-01", after: "pass", worse: false, explanation: { by: "host" } }]);
  });
  test("the history tells it in one line for the requirement that it hit", () => {
    const { history } = withHistory(mended, [green(1), recordOf(broken) ?? expect.fail()]);
    expect(history?.verdicts).toEqual({ "NAT-01": "pfp" });
    expect(history?.runs.map(({ failed }) => failed)).toEqual([0, 1, 0]);
    expect(history?.baseline?.runId).toBe("run-1");
    expect(history?.flaky).toEqual([]);
  });
  test("the history tells no guess as a cause", () => {
    const cause = { key: "k", what: "A rule drops it.", certainty: "guessed" as const, explains: ["NAT-01"] };
    const { history } = withHistory(mended, [green(1), { ...red(2), causes: [cause] }]);
    expect(history?.runs[1]?.causes).toEqual(["A guess: A rule drops it."]);
  });
  test("what no record shows is explained by the cause that was found, while it fails and once it is mended", () => {
    const cause = { key: "k", what: "A rule drops it.", certainty: "seen" as const, explains: ["NAT-01"] };
    const found = { ...red(2), causes: [cause] };
    const explained = [{ explanation: { by: "cause", names: ["A rule drops it."] } }];
    expect(compareRuns(green(1), found).changes).toMatchObject(explained);
    expect(compareRuns(found, green(3)).changes).toMatchObject(explained);
    const guess = { ...red(2), causes: [{ ...cause, certainty: "guessed" as const }] };
    expect(compareRuns(green(1), guess).changes).toMatchObject([{ explanation: { by: "nothing" } }]);
  });
  test("rules of single containers explain nothing but what is said of single containers", () => {
    const rule =
      "iptables -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 80 -j DNAT --to-destination 172.17.0.2:80";
    const hostState = { ...HOST, "firewall rules": [...HOST["firewall rules"], rule] };
    const { history } = withHistory({ ...broken, hostState }, [green(1)]);
    expect(history?.sinceBaseline?.host).toMatchObject([{ ofContainers: true, came: [rule] }]);
    expect(history?.sinceBaseline?.changes).toMatchObject([{ explanation: { by: "nothing" } }]);
  });
});

describe("the folder", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "dnc-history-"));
  });
  afterEach(async () => {
    await rm(root, { recursive: true });
  });
  const id = conformantRun.engine?.id ?? "";
  const [folder = ""] = [id.replaceAll(/[^A-Za-z0-9_-]/g, "_")];

  test("holds runs by engine, oldest first, and nothing half written", async () => {
    for (const run of [green(2), green(1), red(3)]) await keepRun(join(root, "new"), run);
    expect((await historyOf(join(root, "new"), id)).map(({ runId }) => runId)).toEqual(["run-1", "run-2", "run-3"]);
    expect((await readdir(join(root, "new", folder))).every((name) => /^\d+-run-\d\.json\.gz$/.test(name))).toBe(true);
    expect(await historyOf(join(root, "new"), "another")).toEqual([]);
    expect(await allHistories(join(root, "new"))).toHaveLength(1);
  });

  test("what is damaged, strange or too large is passed over", async () => {
    await keepRun(root, green(1));
    await writeFile(join(root, folder, "1-x.json.gz"), "no gzip");
    await writeFile(join(root, folder, "2-x.json.gz"), gzipSync("{"));
    await writeFile(join(root, folder, "3-x.json.gz"), gzipSync(Buffer.alloc(70 * 1024 * 1024)));
    await mkdir(join(root, folder, "4-x.json.gz"));
    expect(await historyOf(root, id)).toHaveLength(1);
  });

  test("90 days are kept, and the baseline longer", async () => {
    const day = (n: number) => new Date(Date.UTC(2026, 0, n)).toISOString();
    for (const run of [
      green(1, { startedAt: day(1), runId: "old" }),
      green(1, { startedAt: day(2), runId: "baseline" }),
      red(1, { startedAt: day(3), runId: "old-red" }),
      red(1, { startedAt: day(120), runId: "now" }),
    ])
      await keepRun(root, run);
    expect((await historyOf(root, id)).map(({ runId }) => runId)).toEqual(["baseline", "now"]);
  });

  test("a run's end reads the newest, and the baseline however old it is", async () => {
    const day = (n: number) => new Date(Date.UTC(2026, 0, 1, n)).toISOString();
    await keepRun(root, green(1, { startedAt: day(0), runId: "right" }));
    for (let n = 1; n <= 65; n++) await keepRun(root, red(1, { startedAt: day(n), runId: `red-${n}` }));
    const ids = (await recentHistory(root, id)).map(({ runId }) => runId);
    expect([ids.length, ids[0], ids[1], ids.at(-1)]).toEqual([61, "right", "red-6", "red-65"]);
    expect(await recentHistory(root, "another")).toEqual([]);
  });

  test("an id leads to no other folder", async () => {
    const engine = { ...(conformantRun.engine ?? expect.fail()), id: "../../escape" };
    await keepRun(join(root, "history"), green(1, { engine }));
    expect(await readdir(root)).toEqual(["history"]);
    expect(await historyOf(join(root, "history"), "../../escape")).toHaveLength(1);
  });
});
