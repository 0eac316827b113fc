import { expect, test } from "vitest";
import type { HostState } from "../model/host-state.ts";
import { compactOf } from "../report/compact.ts";
import { brokenRun, conformantRun } from "../report/sample-results.ts";
import type { CompactResults } from "../report/schema/compact.ts";
import { type News, newsBetween, newsText } from "./news.ts";
import { type Eyes, type Sight, watch } from "./watch.ts";

const EMPTY: HostState = { links: [], addresses: [], routes: [], "firewall rules": [], sysctls: [] };
const GREEN = compactOf(conformantRun);
const RED = compactOf(brokenRun);

/** A host at each look; what happens between two of them is given as the next. `gone`: the engine is away. */
type Moment = Partial<Sight> & { readonly reloads?: number; readonly gone?: true };

/** Watches a host through these moments, and says what it was told. */
async function watched(moments: readonly Moment[], judgements: readonly (CompactResults | Error)[]) {
  const told: News[] = [];
  const lost: string[] = [];
  const failures: string[] = [];
  let at = 0;
  let judged = 0;
  const now = (): Moment => moments[Math.min(at, moments.length - 1)] ?? {};
  const eyes = (): Eyes => {
    let reported = at;
    const sight = () => {
      if (now().gone) throw new Error("connection reset");
      return { state: now().state ?? EMPTY, file: now().file ?? "a" };
    };
    return {
      mark: async () => JSON.stringify(sight()),
      look: async () => sight(),
      reloads: () => {
        const isNew = reported !== at;
        reported = at;
        return isNew ? (now().reloads ?? 0) : 0;
      },
      // Only the long wait is one in which something happens.
      wait: async (ms) => void (ms === 30_000 && at++),
    };
  };
  await watch(
    {
      open: async () => {
        while (now().gone) at++;
        return eyes();
      },
      judge: async () => {
        const judgement = judgements[Math.min(judged++, judgements.length - 1)] ?? GREEN;
        if (judgement instanceof Error) throw judgement;
        return judgement;
      },
      tell: async (news) => void told.push(news),
      failed: (error) => failures.push(String(error)),
      lost: (error) => lost.push(String(error)),
    },
    30_000,
    () => at < moments.length,
  );
  return { told, lost, failures, judged };
}

const rules = (...lines: readonly string[]): Moment => ({ state: { ...EMPTY, "firewall rules": lines } });

test("judges once when it begins, and not again while nothing happens", async () => {
  const { told, judged } = await watched([{}, {}, {}, {}], [GREEN]);
  expect(judged).toBe(1);
  expect(told).toMatchObject([{ because: ["the watch began"], changed: false, before: null }]);
});

test("a rule, the file and a reload are told as what they are", async () => {
  const { told } = await watched(
    [
      rules(),
      rules("iptables -t filter -P FORWARD DROP"),
      { ...rules("iptables -t filter -P FORWARD DROP"), file: "b" },
      { ...rules("iptables -t filter -P FORWARD DROP"), file: "b", reloads: 1 },
    ],
    [GREEN, RED, RED, GREEN],
  );
  expect(told.map(({ because, changed }) => [because, changed])).toEqual([
    [["the watch began"], false],
    [["firewall rules changed: 0 gone, 1 new (new: iptables -t filter -P FORWARD DROP)"], true],
    [["daemon.json was changed"], false],
    [["dockerd reloaded its configuration"], true],
  ]);
});

test("a container that comes is no change", async () => {
  const ofContainer =
    "iptables -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 80 -j DNAT --to-destination 172.17.0.2:80";
  const { judged } = await watched([rules(), rules(ofContainer), rules(ofContainer)], [GREEN]);
  expect(judged).toBe(1);
});

test("an empty table that somebody listed is no change, a policy that denies no more is one", async () => {
  const policy = (word: string) => rules(`iptables -t filter -P FORWARD ${word}`, "iptables -t raw -P OUTPUT ACCEPT");
  const { told } = await watched(
    [rules(), rules("iptables -t raw -P OUTPUT ACCEPT"), policy("DROP"), policy("ACCEPT")],
    [GREEN],
  );
  expect(told.map(({ because }) => because.join())).toEqual([
    "the watch began",
    expect.stringContaining("1 new (new: iptables -t filter -P FORWARD DROP)"),
    expect.stringContaining("1 gone, 0 new (gone: iptables -t filter -P FORWARD DROP)"),
  ]);
});

test("an engine that went away is told, and judged when it is back", async () => {
  const { told, lost } = await watched([{}, { gone: true }, { gone: true }, {}, {}], [GREEN]);
  expect(lost).toEqual(["Error: connection reset"]);
  expect(told.map(({ because }) => because)).toEqual([
    ["the watch began"],
    ["dockerd was started, or could be reached again"],
  ]);
});

test("a judgement that fails is told, ends nothing, and is no news", async () => {
  const { told, failures, lost } = await watched(
    [rules(), rules("nft a"), rules("nft b")],
    [GREEN, new Error("no room"), RED],
  );
  expect({ failures, lost }).toEqual({ failures: ["Error: no room"], lost: [] });
  expect(told.map(({ verdict, before }) => [before, verdict])).toEqual([
    [null, "conformant"],
    ["conformant", "not conformant"],
  ]);
});

test("only what is otherwise is news", () => {
  const came = newsBetween(GREEN, RED, ["x"]);
  expect(came.came.map(({ key }) => key)).toEqual(RED.cards.map(({ key }) => key));
  expect(newsBetween(RED, RED, ["x"])).toMatchObject({ changed: false, came: [], gone: [], before: "not conformant" });
  const mended = newsBetween(RED, GREEN, ["x"]);
  expect(mended).toMatchObject({ changed: true, came: [], gone: RED.cards.map(({ what }) => what) });
  const style = { width: 100, colour: false };
  expect(newsText(came, style)).toContain(RED.cards[0]?.remedies[0]?.commands[0]);
  expect(newsText(mended, style)).toContain("mended:");
  expect(newsText(newsBetween(RED, RED, ["x"]), style)).toContain("as before: not conformant");
});

test("a host that is broken when the watch begins is news", () => {
  expect(newsBetween(null, RED, ["x"]).changed).toBe(true);
  expect(newsBetween(null, GREEN, ["x"]).changed).toBe(false);
});
