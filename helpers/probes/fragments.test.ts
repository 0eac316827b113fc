import fc from "fast-check";
import { expect, test } from "vitest";
import { fragmentsCreated } from "./fragments.ts";

// Captured on Linux 6.18, in a container, around a ping that was cut in two.
const NAMES =
  "Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates OutTransmits";
const BEFORE = "Ip: 1 64 12 0 0 0 0 0 12 12 0 0 0 0 0 0 0 0 0 12";
const AFTER = "Ip: 1 64 14 0 0 0 0 0 13 14 0 0 0 2 1 0 1 0 2 14";

test("before and after", () =>
  expect(
    fragmentsCreated([NAMES, BEFORE, "PING 10.9.0.3 (10.9.0.3): 1373 data bytes", NAMES, AFTER, ""].join("\n")),
  ).toEqual([0, 2]));
test("nothing where the kernel does not count", () =>
  expect(fragmentsCreated("Ip: Forwarding DefaultTTL\nIp: 1 64\n")).toEqual([]));
test("any text is read without a throw", () =>
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(fragmentsCreated(`Ip: FragCreates\n${text}`)))));
