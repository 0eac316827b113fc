import { expect, test } from "vitest";
import { inFreeSubnet } from "./free-subnet.ts";
import { SubnetChooser } from "./subnets.ts";

/** As dockerode throws it. */
function refusal(message: string): Error {
  return Object.assign(new Error(`(HTTP code 403) unexpected - ${message} `), { statusCode: 403, json: { message } });
}

const TAKEN = refusal("Pool overlaps with other one on this address space");

test("another subnet is tried where the engine says that this one is taken", async () => {
  const tried: string[] = [];
  const made = await inFreeSubnet(new SubnetChooser([]), 24, async (subnet) => {
    tried.push(subnet);
    if (tried.length < 3) throw TAKEN;
    return subnet;
  });
  expect(made).toBe(tried[2]);
  expect(new Set(tried).size).toBe(3);
});

test("any other refusal is thrown at once", async () => {
  let tries = 0;
  const make = async () => {
    tries += 1;
    throw refusal("could not find plugin nobody in v1 plugin registry");
  };
  await expect(inFreeSubnet(new SubnetChooser([]), 24, make)).rejects.toThrow("nobody");
  expect(tries).toBe(1);
});

test("an engine that finds every subnet taken is believed after five", async () => {
  let tries = 0;
  const make = async () => {
    tries += 1;
    throw TAKEN;
  };
  await expect(inFreeSubnet(new SubnetChooser([]), 24, make)).rejects.toThrow("Pool overlaps");
  expect(tries).toBe(5);
});
