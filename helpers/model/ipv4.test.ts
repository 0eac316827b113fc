import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatIpv4, isIpv4, parseIpv4 } from "./ipv4.ts";

describe("IPv4 addresses", () => {
  test("are numbers and back", () => {
    fc.assert(fc.property(fc.nat(0xffffffff), (value) => parseIpv4(formatIpv4(value)) === value));
    expect(parseIpv4("172.17.0.2")).toBe(0xac110002);
    expect(formatIpv4(0xffffffff)).toBe("255.255.255.255");
  });

  test.each(["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.04", "1.2.3.-4", " 1.2.3.4", "1.2.3.4/24", "::1"])(
    "%j is none",
    (text) => {
      expect(isIpv4(text)).toBe(false);
      expect(() => parseIpv4(text)).toThrow(RangeError);
    },
  );

  test("end at both ends", () => {
    expect(() => formatIpv4(0xffffffff + 1)).toThrow(RangeError);
    expect(() => formatIpv4(-1)).toThrow(RangeError);
  });
});
