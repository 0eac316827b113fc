import { expect, test } from "vitest";
import { CAPTURE_HOST } from "../model/captured/facts.ts";
import { causeOfRefusal } from "./configuration-cause.ts";

const REFUSAL =
  "driver failed programming external connectivity on endpoint x: failed to bind host port for 198.51.100.7::172.17.0.2:80/tcp: cannot assign requested address";
const facts = { configuration: { ip: "198.51.100.7" }, host: CAPTURE_HOST };

test("an address that the host has not is the key's doing", () => {
  expect(causeOfRefusal(REFUSAL, facts)).toContain("ip 198.51.100.7 is no address of this host");
});

test("other refusals, and an address that the host has, are not", () => {
  expect(causeOfRefusal("port is already allocated", facts)).toBeNull();
  expect(causeOfRefusal(REFUSAL, { ...facts, configuration: { ip: "192.0.2.10" } })).toBeNull();
  expect(causeOfRefusal(REFUSAL, { ...facts, configuration: {} })).toBeNull();
});
