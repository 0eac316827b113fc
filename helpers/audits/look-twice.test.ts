import { expect, test } from "vitest";
import { LABEL } from "../engine/run-identity.ts";
import type { EngineEvent } from "../model/engine-answers.ts";
import { THE_GONE } from "./deviation.ts";
import { changedBy, type Eyes, judgeWith } from "./look-twice.ts";
import { shop } from "./testing/shop.ts";

const CONTAINERS = [
  { id: "a1", name: "web" },
  { id: "b2", name: "api" },
];

test("who is changed by an event: the container that comes and goes, never the network that it comes to", () => {
  const network: EngineEvent = { Type: "network", Actor: { ID: "n", Attributes: { name: "shop", container: "a1" } } };
  expect(changedBy([{ ...network, Action: "connect" }], CONTAINERS)).toEqual(["web"]);
  expect(changedBy([{ ...network, Action: "destroy" }], CONTAINERS)).toEqual(["shop"]);
  expect(changedBy([{ Type: "container", Action: "die", Actor: { ID: "b2" } }], CONTAINERS)).toEqual(["api"]);
  expect(changedBy([{ Type: "container", Action: "exec_start: sh", Actor: { ID: "b2" } }], CONTAINERS)).toEqual([]);
});

test("what is gone by now may have left something; the look's own container is nobody", () => {
  const gone: EngineEvent = { Type: "container", Action: "destroy", Actor: { ID: "z" } };
  expect(changedBy([gone], CONTAINERS)).toEqual([THE_GONE]);
  const own: EngineEvent = {
    Type: "container",
    Action: "start",
    Actor: { ID: "z", Attributes: { [LABEL.project]: "true" } },
  };
  const joined: EngineEvent = {
    Type: "network",
    Action: "connect",
    Actor: { ID: "n", Attributes: { name: "host", container: "z" } },
  };
  expect(changedBy([own, joined], CONTAINERS)).toEqual([]);
});

type Look = (snapshot: ReturnType<typeof shop>) => void;
const whole: Look = () => undefined;
const cut: Look = ({ host }) => {
  for (const link of host.links) if (link.name === "veth200") link.master = null;
};

/**
 * Judges a host that shows itself so, look by look, and then as the last time.
 * @param changes names of what the engine has changed before each second look
 */
async function judged(looks: readonly [Look, ...Look[]], changes: readonly (readonly string[])[]) {
  const asked: number[] = [];
  let [took, waited] = [0, 0];
  const eyes: Eyes = {
    async look() {
      const snapshot = { ...shop(), began: 1000 + waited / 1000 };
      (looks[took++] ?? looks.at(-1))?.(snapshot);
      return snapshot;
    },
    async changedSince(since) {
      asked.push(since);
      return changes[asked.length - 1] ?? [];
    },
    async wait(ms) {
      waited += ms;
    },
  };
  const { deviations, changed } = (await judgeWith(eyes)).judgement;
  const claims = (found: typeof deviations) => found.map(({ claim }) => claim);
  return { broken: claims(deviations), changed: claims(changed), took, asked };
}

test("what is healthy is looked at once; what the second look does not find was passing", async () => {
  expect(await judged([whole], [])).toEqual({ broken: [], changed: [], took: 1, asked: [] });
  expect(await judged([cut, whole], [[]])).toEqual({ broken: [], changed: [], took: 2, asked: [997] });
});

test("what nobody changed is broken after two looks", async () => {
  expect(await judged([cut], [["web"]])).toEqual({ broken: ["LIVE-02"], changed: [], took: 2, asked: [997] });
});

test("what was only just made is looked at anew, some seconds later: then it is whole, or broken", async () => {
  expect(await judged([cut, cut, whole], [["api"]])).toMatchObject({ broken: [], changed: [], took: 3 });
  expect(await judged([cut], [["api"], []])).toEqual({
    broken: ["LIVE-02"],
    changed: [],
    took: 4,
    asked: [997, 1000.7],
  });
});

test("what is changed all the time is neither broken nor whole, and is not looked at for ever", async () => {
  const restless = await judged([cut], [["api"], ["api"], ["api"], ["api"]]);
  expect(restless).toMatchObject({ broken: [], changed: ["LIVE-02"], took: 6 });
});

test("what stands still is judged beside what changes all the time", async () => {
  const both: Look = (snapshot) => {
    cut(snapshot);
    for (const link of snapshot.host.links) if (link.name === "veth100") link.up = false;
  };
  expect(await judged([both], [["api"], ["api"], ["api"]])).toMatchObject({
    broken: ["LIVE-02"],
    changed: ["LIVE-02"],
    took: 6,
  });
});
