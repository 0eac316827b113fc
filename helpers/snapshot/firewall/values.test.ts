import { describe, expect, it } from "vitest";
import { addressValue, icmpType, rangeOf, tcpFlags } from "./values.ts";

describe("values of rules", () => {
  it.each([
    ["10.1.2.3", { family: "ip", value: { from: 0x0a010203n, to: 0x0a010203n } }],
    ["10.0.0.0/8", { family: "ip", value: { from: 0x0a000000n, to: 0x0affffffn } }],
    ["0.0.0.0/0", { family: "ip", value: { from: 0n, to: 0xffffffffn } }],
    ["10.0.0.1/255.0.0.255", { family: "ip", value: { mask: 0xff0000ffn, bits: 0x0a000001n } }],
    ["10.0.0.1-10.0.0.9", { family: "ip", value: { from: 0x0a000001n, to: 0x0a000009n } }],
    ["::1", { family: "ip6", value: { from: 1n, to: 1n } }],
    ["10.0.0.0/33", null],
    ["10.0.0.1-::1", null],
    ["docker0", null],
  ])("the address %s", (text, value) => {
    expect(addressValue(text)).toEqual(value);
  });

  it("ranges, open ones too", () => {
    expect(rangeOf("80", 65535n)).toEqual({ from: 80n, to: 80n });
    expect(rangeOf("80:90", 65535n)).toEqual({ from: 80n, to: 90n });
    expect(rangeOf("1401:", 65535n)).toEqual({ from: 1401n, to: 65535n });
    expect(rangeOf(":90", 65535n)).toEqual({ from: 0n, to: 90n });
    expect([":", "a", "1:2:3"].map((text) => rangeOf(text, 65535n))).toEqual([null, null, null]);
  });

  it("flags and ICMP types by name", () => {
    expect(tcpFlags(["SYN", "ack"])).toBe(18n);
    expect(tcpFlags(["SYN", "nonsense"])).toBeNull();
    expect(icmpType("echo-request", "ip")).toBe(8n);
    expect(icmpType("echo-request", "ip6")).toBe(128n);
    expect(icmpType("3/4", "ip")).toBe(3n);
  });
});
