import { expect, test } from "vitest";
import { explanationOf, ofConfiguration } from "./diagnosed-cause.ts";

const UNSEEN = { causes: [], ways: [], unread: ["the host: no host here"], complete: false, follow: null, walk: null };
const NOTHING = { configuration: null, diagnosis: UNSEEN, packet: null };

test("what is known is told without a guess, and without a further look at the host", async () => {
  let looked = 0;
  const session = () => {
    looked++;
    return Promise.reject(new Error("no host here"));
  };
  const known = ofConfiguration("icc is off");
  const { causes } = await explanationOf("a firewall", "blocked", { ...NOTHING, configuration: known }, session);
  expect(causes).toEqual([known]);
  expect(looked).toBe(0);
  const guess = await explanationOf("a firewall", "blocked", NOTHING, session);
  expect(guess.causes.map(({ what, certainty }) => [what, certainty])).toEqual([["a firewall", "guessed"]]);
  expect(guess.unread).toEqual(UNSEEN.unread);
  expect(looked).toBe(1);
});
