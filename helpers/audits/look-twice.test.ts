import { expect, test } from "vitest";
import { LABEL } from "../engine/run-identity.ts";
import { THE_GONE } from "./deviation.ts";
import { changedBy } from "./look-twice.ts";

const CONTAINERS = [
  { id: "a1", name: "web" },
  { id: "b2", name: "api" },
];

test("who is changed by an event: the container that comes and goes, never the network that it comes to", () => {
  const network = { Type: "network", Actor: { ID: "n", Attributes: { name: "shop", container: "a1" } } };
  expect(changedBy([{ ...network, Action: "connect" }], CONTAINERS)).toEqual(["web"]);
  expect(changedBy([{ ...network, Action: "destroy" }], CONTAINERS)).toEqual(["shop"]);
  expect(changedBy([{ Type: "container", Action: "die", Actor: { ID: "b2" } }], CONTAINERS)).toEqual(["api"]);
  expect(changedBy([{ Type: "container", Action: "exec_start: sh", Actor: { ID: "b2" } }], CONTAINERS)).toEqual([]);
});

test("what is gone by now may have left something; the look's own container is nobody", () => {
  const gone = { Type: "container", Action: "destroy", Actor: { ID: "z" } };
  expect(changedBy([gone], CONTAINERS)).toEqual([THE_GONE]);
  const own = { Type: "container", Action: "start", Actor: { ID: "z", Attributes: { [LABEL.project]: "true" } } };
  const joined = {
    Type: "network",
    Action: "connect",
    Actor: { ID: "n", Attributes: { name: "host", container: "z" } },
  };
  expect(changedBy([own, joined], CONTAINERS)).toEqual([]);
});
