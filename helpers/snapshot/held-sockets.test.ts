import { expect, test } from "vitest";
import { readHeld } from "./held-sockets.ts";

const WEB = "a".repeat(64);
const OTHER = "b".repeat(64);

/** As BusyBox prints it on a host of the lab (Engine 28.5): two processes of one container. */
const PRINTED = `> ${WEB}
total 0
lrwx------    1 root     root            64 Nov 28 11:40 0 -> /dev/null
lrwx------    1 root     root            64 Nov 28 11:40 3 -> socket:[812345]
> ${WEB}
total 0
lrwx------    1 root     root            64 Nov 28 11:40 4 -> socket:[812346]
l-wx------    1 root     root            64 Nov 28 11:40 5 -> pipe:[812347]
`;

test("the sockets of all processes of a container are its own", () => {
  expect([...readHeld([WEB, OTHER], PRINTED)]).toEqual([[WEB, [812_345, 812_346]]]);
});

test("what was not asked for, or could not be read, says nothing", () => {
  expect(readHeld([OTHER], PRINTED).size).toBe(0);
  expect(readHeld([WEB], "").size).toBe(0);
  expect(readHeld([WEB], `> ${WEB}\n`).get(WEB)).toEqual([]);
});
