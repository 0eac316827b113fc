import { isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isLoopback, isUnspecified, sameAddress } from "./address.ts";
import { formatIpv6, isIpv6, parseIpv6 } from "./ipv6.ts";

const hex = "0123456789abcdefABCDEF:.%/ ";

describe("IPv6 addresses", () => {
  test("are numbers and back, in the notation that URL uses too (RFC 5952)", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, (1n << 128n) - 1n), (value) => {
        const text = formatIpv6(value);
        return parseIpv6(text) === value && new URL(`http://[${text}]/`).hostname === `[${text}]`;
      }),
    );
    fc.assert(fc.property(fc.ipV6(), (text) => parseIpv6(formatIpv6(parseIpv6(text))) === parseIpv6(text)));
  });

  test.each([
    ["::", "::"],
    ["fe00::0", "fe00::"],
    ["FF02:0:0:0:0:0:0:1", "ff02::1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["::ffff:172.17.0.1", "::ffff:ac11:1"],
    ["fe80::1%eth0", "fe80::1"],
  ])("%s is written %s", (text, short) => {
    expect(formatIpv6(parseIpv6(text))).toBe(short);
  });

  test("are told from other text as Node tells them", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...hex), maxLength: 20 }), (text) => {
        fc.pre(!text.includes("%"));
        return isIpv6(text) === isIPv6(text);
      }),
      { numRuns: 2000 },
    );
    for (const text of ["1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4::5:6:7:8", "172.17.0.1"]) {
      expect(isIpv6(text), text).toBe(false);
      expect(() => parseIpv6(text)).toThrow(RangeError);
    }
  });

  test("know the special ones", () => {
    expect([isLoopback("127.0.0.53"), isLoopback("::1"), isLoopback("0:0::1"), isLoopback("192.0.2.1")]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect([isUnspecified("::"), isUnspecified("0.0.0.0"), isUnspecified("::1")]).toEqual([true, true, false]);
  });

  test("compare by value", () => {
    expect(sameAddress("fe00::0", "fe00::")).toBe(true);
    expect(sameAddress("192.0.2.1", "192.0.2.1")).toBe(true);
    expect(sameAddress("192.0.2.1", "::ffff:192.0.2.1")).toBe(false);
    expect(sameAddress("", "")).toBe(false);
  });
});
