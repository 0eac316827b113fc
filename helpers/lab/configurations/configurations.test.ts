import { expect, test } from "vitest";
import { isNetworkKey, NETWORK_KEYS } from "../../configuration/keys/index.ts";
import { UserError } from "../../engine/errors.ts";
import { has } from "../../model/version-switches.ts";
import { LAB_CONFIGURATIONS, labConfigurations } from "./index.ts";

/** Keys of the file that are nobody's networking and stand there because operators have them beside the others. */
const OTHERS = ["no-new-privileges", "userns-remap", "init", "log-driver", "default-cgroupns-mode"];

test("every name stands once, and fits into a host's name", () => {
  const names = LAB_CONFIGURATIONS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^[a-z0-9-]{2,30}$/.test(name))).toEqual([]);
});

test("every key in them is known, and every key of the registry is in one of them, but one", () => {
  const used = new Set(LAB_CONFIGURATIONS.flatMap(({ daemonJson }) => Object.keys(daemonJson)));
  expect([...used].filter((key) => !isNetworkKey(key) && !OTHERS.includes(key))).toEqual([]);
  const missing = Object.keys(NETWORK_KEYS).filter((key) => !used.has(key));
  // It needs a router of its own.
  expect(missing).toEqual(["default-gateway-v6"]);
});

test("thirty of them at least can be had on 28.5", () => {
  const engine = { engine: { version: "28.5.2", apiVersion: "1.51" } };
  const there = LAB_CONFIGURATIONS.filter(
    ({ since, until }) => (since === undefined || has(engine, since)) && (until === undefined || !has(engine, until)),
  );
  expect(there.length).toBeGreaterThanOrEqual(30);
});

test("they are chosen by name, and a name that there is not is told", () => {
  expect(labConfigurations("mtu, bip").map(({ name }) => name)).toEqual(["bip", "mtu"]);
  expect(labConfigurations(undefined)).toBe(LAB_CONFIGURATIONS);
  expect(() => labConfigurations("bipp")).toThrow(UserError);
});
