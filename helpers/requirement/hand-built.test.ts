import { expect, test } from "vitest";
import { readFrames } from "./hand-built.ts";

test("frames come with the interface that they passed", () => {
  // Captured with tcpdump 4.99.3 on a lab host.
  const text = `dncr8a79f60r P   IP 10.116.194.11 > 10.116.194.12: ICMP echo request, id 7, seq 0, length 64
dncr8a79f60br B   ARP, Request who-has 10.116.194.200 (ff:ff:ff:ff:ff:ff) tell 10.116.194.11, length 28
eth0  Out IP 10.143.241.3 > 10.143.241.2: ICMP echo request, id 9, seq 0, length 64
`;
  expect(readFrames(text).map((frame) => frame.interface)).toEqual(["dncr8a79f60r", "dncr8a79f60br", "eth0"]);
  expect(readFrames(text)[2]?.text).toBe(
    "eth0  Out IP 10.143.241.3 > 10.143.241.2: ICMP echo request, id 9, seq 0, length 64",
  );
});

test("no frame was seen", () => {
  expect(readFrames("\n")).toEqual([]);
});
