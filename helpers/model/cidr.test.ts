import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressOf, Cidr, cidr, isIpv4Cidr, lowestFreeHost } from "./cidr.ts";
import { formatIpv4, parseIpv4 } from "./ipv4.ts";

const anyAddress = fc.nat(0xffffffff).map(formatIpv4);
const anyCidr = fc.tuple(anyAddress, fc.nat(32)).map(([address, prefix]) => cidr(`${address}/${prefix}`));

describe("a network", () => {
  test("has the addresses that its text says", () => {
    const net = cidr("10.1.2.0/24");
    expect([net.network, net.broadcast, net.firstHost, net.host(5), net.lastHost, net.hostCount]).toEqual([
      "10.1.2.0",
      "10.1.2.255",
      "10.1.2.1",
      "10.1.2.5",
      "10.1.2.254",
      254,
    ]);
    expect(cidr("172.20.16.0/16").toString()).toBe("172.20.0.0/16");
    expect(cidr("192.0.2.4/31").host(1)).toBe("192.0.2.4");
    expect(cidr("192.0.2.4/32").hostCount).toBe(1);
    expect(cidr("0.0.0.0/0").broadcast).toBe("255.255.255.255");
  });

  test("contains exactly the addresses between network and broadcast", () => {
    fc.assert(
      fc.property(anyCidr, anyAddress, (net, address) => {
        const value = parseIpv4(address);
        return net.contains(address) === (value >= parseIpv4(net.network) && value <= parseIpv4(net.broadcast));
      }),
    );
  });

  test("is the network of each of its hosts", () => {
    fc.assert(
      fc.property(anyCidr, fc.nat(), (net, seed) => {
        const host = net.host(1 + (seed % net.hostCount));
        return net.contains(host) && cidr(`${host}/${net.prefix}`).equals(net);
      }),
    );
  });

  test("overlaps another exactly when one contains the other's network address", () => {
    fc.assert(
      fc.property(anyCidr, anyCidr, (one, other) => {
        const expected = one.contains(other.network) || other.contains(one.network);
        return one.overlaps(other) === expected && other.overlaps(one) === expected;
      }),
    );
    expect(cidr("172.16.0.0/12").overlaps(cidr("172.18.0.0/16"))).toBe(true);
    expect(cidr("10.1.2.0/24").contains(cidr("10.1.0.0/16"))).toBe(false);
    expect(cidr("10.1.2.0/24").contains("fe80::1")).toBe(false);
  });

  test("refuses host bits only when asked to, and says what was meant", () => {
    expect(cidr("10.1.2.5/24").toString()).toBe("10.1.2.0/24");
    expect(addressOf("10.1.2.5/24")).toBe("10.1.2.5");
    expect(cidr("10.1.2.0/24", { strict: true })).toBeInstanceOf(Cidr);
    expect(() => cidr("172.20.16.0/16", { strict: true })).toThrow("it should be 172.20.0.0/16");
  });

  test.each(["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "fe80::/64", "10.0.0.0/8/8", "a/8"])(
    "%j is none",
    (text) => {
      expect(isIpv4Cidr(text)).toBe(false);
      expect(() => cidr(text)).toThrow(RangeError);
      expect(() => addressOf(text)).toThrow(RangeError);
    },
  );

  test("has no host 0 and none past the last", () => {
    expect(() => cidr("10.1.2.0/24").host(0)).toThrow(RangeError);
    expect(() => cidr("10.1.2.0/24").host(255)).toThrow("hosts 1 to 254");
  });
});

describe("the lowest free host", () => {
  test("is the first after the gateway, or below a gateway that is not first", () => {
    expect(lowestFreeHost(cidr("172.17.0.0/16"), ["172.17.0.1"])).toBe("172.17.0.2");
    expect(lowestFreeHost(cidr("172.20.0.0/16"), ["172.20.16.1/16"])).toBe("172.20.0.1");
  });

  test("comes from the range, whose first address counts, past auxiliary addresses", () => {
    const lan = cidr("192.0.2.0/24");
    const range = cidr("192.0.2.32/28");
    expect(lowestFreeHost(lan, ["192.0.2.254"], range)).toBe("192.0.2.32");
    expect(lowestFreeHost(lan, ["192.0.2.254", "192.0.2.32", "192.0.2.33"], range)).toBe("192.0.2.34");
  });

  test("is never a network or broadcast address", () => {
    expect(lowestFreeHost(cidr("10.0.0.0/30"), ["10.0.0.1"])).toBe("10.0.0.2");
    expect(() => lowestFreeHost(cidr("10.0.0.0/30"), ["10.0.0.1", "10.0.0.2"])).toThrow("no free address");
  });

  test("is free, and everything below it is taken", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 14 }), { maxLength: 13 }), (numbers) => {
        const net = cidr("10.9.8.16/28");
        const taken = numbers.map((n) => net.host(n));
        const free = lowestFreeHost(net, taken);
        expect(taken).not.toContain(free);
        for (let below = parseIpv4(net.firstHost); below !== parseIpv4(free); below++)
          expect(taken).toContain(formatIpv4(below));
      }),
    );
  });
});
