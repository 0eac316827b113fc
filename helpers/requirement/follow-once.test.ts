import { expect, test } from "vitest";
import type { Followable } from "../diagnosis/index.ts";
import type { Cause } from "../model/cause.ts";
import type { Explained } from "../trace/index.ts";
import { Follower, MOST_FOLLOWED } from "./follow-once.ts";

const CAUSE: Cause = {
  key: "sysctl net.ipv4.conf.docker0.forwarding",
  what: "The kernel forwards nothing.",
  act: null,
  certainty: "concluded",
  subjects: [],
  evidence: [],
  remedies: [],
};

function way(key: string): Followable {
  return { key, request: { from: "web", to: "10.0.0.2", protocol: "icmp" }, observed: "timed out" };
}

function explained(arrived: boolean, causes: readonly Cause[] = []): Explained {
  return {
    walk: {
      from: "web",
      to: "10.0.0.2",
      protocol: "icmp",
      port: null,
      size: 99,
      outcome: arrived ? "replied" : "timed out",
      arrived,
      burst: null,
      there: { hops: [], end: { kind: arrived ? "arrived" : "vanished" } },
      back: null,
      relay: null,
      followed: "events",
      translations: [],
      unread: [],
    },
    causes,
    place: [],
  };
}

const number = () => new Int32Array(new SharedArrayBuffer(4));

test("the walk's causes are the failure's, and each way is followed once, with a deadline", async () => {
  const sent: Followable["request"][] = [];
  const follower = new Follower(number(), async (request) => {
    sent.push(request);
    return explained(false, [CAUSE]);
  });
  const all = await Promise.all([follower.follow(way("a")), follower.follow(way("a")), follower.follow(way("a"))]);
  expect(all.map(({ causes }) => causes)).toEqual([[CAUSE], [CAUSE], [CAUSE]]);
  expect(sent).toEqual([{ ...way("a").request, deadline: expect.any(Number) }]);
  expect(sent[0]?.deadline).toBeLessThanOrEqual(8000);
});

test("all workers together follow no more than so many, and one at a time", async () => {
  const taken = number();
  let [now, most, sent] = [0, 0, 0];
  const send = async (): Promise<Explained> => {
    sent++;
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 5));
    now--;
    return explained(false, [CAUSE]);
  };
  const workers = [new Follower(taken, send), new Follower(taken, send)];
  const all = await Promise.all(
    workers.flatMap((follower, worker) => [0, 1, 2].map((each) => follower.follow(way(`${worker} ${each}`)))),
  );
  expect({ sent, most }).toEqual({ sent: MOST_FOLLOWED, most: 1 });
  const rest = all.filter(({ causes }) => causes.length === 0);
  expect(rest).toHaveLength(6 - MOST_FOLLOWED);
  for (const { unread } of rest) expect(unread).toEqual([expect.stringContaining("in this run already")]);
});

test("a packet that arrives now is no cause: the failure comes and goes", async () => {
  const follower = new Follower(number(), async () => explained(true));
  expect(await follower.follow(way("a"))).toEqual({
    causes: [],
    place: [],
    remark: expect.stringContaining("arrives"),
    unread: [],
    walk: expect.objectContaining({ arrived: true }),
  });
});

test("a packet that can't be followed is named as not read, and the next is followed all the same", async () => {
  let sent = 0;
  const follower = new Follower(number(), async () => {
    if (sent++ === 0) throw new Error("the host's view is gone");
    return explained(false, [CAUSE]);
  });
  expect(await follower.follow(way("a"))).toMatchObject({
    causes: [],
    unread: [expect.stringContaining("the host's view is gone")],
  });
  expect(await follower.follow(way("b"))).toMatchObject({ causes: [CAUSE], unread: [] });
});

test("what refuses a packet now does not explain one that got no answer; a walk without a cause is told", async () => {
  const refusing = new Follower(number(), async () => {
    const refused = explained(false, [CAUSE]);
    return { ...refused, walk: { ...refused.walk, outcome: "refused" } };
  });
  expect(await refusing.follow(way("a"))).toMatchObject({
    causes: [],
    remark: expect.stringContaining("is refused, where it was timed out"),
  });
  const vanishing = new Follower(number(), async () => explained(false));
  expect(await vanishing.follow(way("a"))).toMatchObject({
    causes: [],
    remark: "Sent again, it does not arrive either: the packet is seen no further (timed out).",
  });
});

test("where docker-proxy answers the client, what became of the packet behind it is the failure's", async () => {
  const relaying = new Follower(number(), async () => {
    const behind = explained(false, [CAUSE]);
    return { ...behind, walk: { ...behind.walk, outcome: "unreachable", relay: behind.walk } };
  });
  expect(await relaying.follow({ ...way("a"), observed: "refused" })).toMatchObject({ causes: [CAUSE] });
});
