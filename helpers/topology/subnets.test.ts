import fc from "fast-check";
import { expect, test } from "vitest";
import { EXIT, UserError } from "../engine/errors.ts";
import { cidr } from "../model/cidr.ts";
import { SubnetChooser, subnetRanges } from "./subnets.ts";

const octet = fc.integer({ min: 0, max: 255 });
const network = fc
  .tuple(fc.constantFrom(10, 172, 192), octet, octet, octet, fc.integer({ min: 8, max: 32 }))
  .map(([a, b, c, d, prefix]) => `${a}.${b}.${c}.${d}/${prefix}`);

test("a chosen subnet overlaps nothing that is taken and nothing chosen before, and lies in a range", () => {
  fc.assert(
    fc.property(
      fc.array(network, { maxLength: 20 }),
      fc.array(fc.integer({ min: 16, max: 29 }), { minLength: 1, maxLength: 10 }),
      (taken, prefixes) => {
        const ranges = ["10.0.0.0/8", "192.168.0.0/16"];
        const chooser = new SubnetChooser(taken, ranges);
        const chosen: string[] = [];
        for (const prefix of prefixes) {
          try {
            chosen.push(chooser.choose(prefix));
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        }
        chosen.forEach((subnet, index) => {
          const others = [...taken, ...chosen.slice(0, index)];
          expect(others.filter((other) => cidr(other).overlaps(cidr(subnet)))).toEqual([]);
          expect(ranges.some((range) => cidr(range).contains(cidr(subnet).network))).toBe(true);
        });
      },
    ),
    { numRuns: 50 },
  );
});

test("takes the only place that is left, then says what to do", () => {
  const chooser = new SubnetChooser(["10.0.0.0/25", "10.0.0.128/26"], ["10.0.0.0/24"]);
  expect(chooser.choose(26)).toBe("10.0.0.192/26");
  expect(() => chooser.choose(26)).toThrow(/every place tried overlaps .* Set DNC_SUBNETS/);
  expect(() => chooser.choose(8)).toThrow(UserError);
});

test("the halves by which a VPN takes everything take no room; a route to a network does", () => {
  const halves = ["0.0.0.0/1", "128.0.0.0/1"];
  const chooser = new SubnetChooser([], ["10.0.0.0/24"], [...halves, "10.0.0.0/25", "10.0.0.192/26"]);
  expect(chooser.choose(26)).toBe("10.0.0.128/26");
});

test("where routes lead everywhere, a subnet lies inside one of them, in the last range first, and holds none", () => {
  const routes = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15"];
  expect(cidr("198.18.0.0/15").contains(cidr(new SubnetChooser([], undefined, routes).choose(24)))).toBe(true);
  const narrow = new SubnetChooser([], ["10.0.0.0/24"], ["10.0.0.0/24", "10.0.0.1/32"]);
  expect(narrow.choose(25)).toBe("10.0.0.128/25");
  expect(() => narrow.choose(25)).toThrow(UserError);
});

test("the operator's ranges are read", () => {
  expect(subnetRanges({ DNC_SUBNETS: "10.213.0.0/16, 192.168.4.0/22" })).toEqual(["10.213.0.0/16", "192.168.4.0/22"]);
  for (const unset of [{}, { DNC_SUBNETS: "" }, { DNC_SUBNETS: " " }])
    expect(subnetRanges(unset)).toContain("10.0.0.0/8");
});

test.each([
  ["10.0.0.0/33", '"10.0.0.0/33" is no IPv4 network'],
  ["fd00::/64", '"fd00::/64" is no IPv4 network'],
  ["10.213.0.0/16;", '"10.213.0.0/16;" is no IPv4 network'],
  ["10.213.0.0/16,", '"" is no IPv4 network'],
  ["239.1.0.0/16", "239.1.0.0/16 is multicast"],
  ["127.0.0.0/8", "127.0.0.0/8 is the loopback"],
  ["169.254.0.0/16", "169.254.0.0/16 is link-local"],
  ["240.0.0.0/8", "240.0.0.0/8 is reserved"],
  ["8.8.0.0/16", "8.8.0.0/16 holds public addresses"],
  ["0.0.0.0/0", "0.0.0.0/0 holds public addresses"],
  ["172.0.0.0/8", "172.0.0.0/8 holds public addresses"],
  ["10.213.0.0/30", "10.213.0.0/30 is too small"],
  ["10.213.0.0/16,10.213.4.0/22", "10.213.0.0/16 and 10.213.4.0/22 overlap"],
])("%s is refused: %s", (ranges, seen) => {
  expect(() => subnetRanges({ DNC_SUBNETS: ranges })).toThrow(
    expect.objectContaining({ seen: expect.stringContaining(seen), exitCode: EXIT.usage }),
  );
});
