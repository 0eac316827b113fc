import fc from "fast-check";
import { expect, test } from "vitest";
import { UserError } from "../engine/errors.ts";
import { cidr } from "../expectations/cidr.ts";
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

test("the operator's ranges are read, and refused when they are none", () => {
  expect(subnetRanges({ DNC_SUBNETS: "10.213.0.0/16, 192.0.2.0/24" })).toEqual(["10.213.0.0/16", "192.0.2.0/24"]);
  expect(subnetRanges({})).toContain("10.0.0.0/8");
  for (const wrong of ["10.0.0.0/33", "fd00::/64", "", "10.213.0.0/16;"]) {
    expect(() => subnetRanges({ DNC_SUBNETS: wrong })).toThrow(`${JSON.stringify(wrong)} is no IPv4 network`);
  }
});
