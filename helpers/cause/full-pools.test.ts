import { describe, expect, test } from "vitest";
import { cidr } from "../model/cidr.ts";
import { causeOfFullPools } from "./full-pools.ts";

const FULL = {
  pools: ["10.201.0.0/22 in /24"],
  room: {
    total: 4,
    free: [],
    holders: ["bridge", "pa", "pb", "pc"].map((what) => ({ what, network: true })),
  },
  unused: ["pa", "pc"],
  spare: "10.37.0.0/16",
  file: { path: "/etc/docker/daemon.json", present: true },
  costs: { liveRestore: false, running: [{ name: "web", comesBack: true }] },
  answer: "all predefined address pools have been fully subnetted",
};

describe("the engine has no subnet left", () => {
  test("names the pools, who holds them, and what makes room", () => {
    const { what, certainty, remedies } = causeOfFullPools(FULL);
    expect(what).toBe(
      "The address pools are exhausted: 10.201.0.0/22 in /24 has 4 subnets, taken by bridge, pa, pb, pc.",
    );
    expect(certainty).toBe("seen");
    expect(remedies.map(({ commands }) => commands[0])).toEqual([
      "docker network rm pa pc",
      expect.stringContaining('"base":"10.37.0.0/16"'),
    ]);
    expect(remedies[1]?.cost).toContain("It stops the one running container");
  });

  test("names stand in the command as a shell takes them", () => {
    expect(causeOfFullPools({ ...FULL, unused: ["$(reboot)", "--rm"] }).remedies[0]?.commands).toEqual([
      "docker network rm -- '$(reboot)' --rm",
    ]);
  });

  test("proposes no removal where every network is used", () => {
    expect(causeOfFullPools({ ...FULL, unused: [] }).remedies.map(({ commands }) => commands.at(-1))).toEqual([
      "systemctl restart docker",
    ]);
  });

  test("writes a file where none is, and proposes no pool in a file where a flag names the pools", () => {
    expect(causeOfFullPools({ ...FULL, file: { ...FULL.file, present: false } }).remedies[1]?.commands[0]).toBe(
      `echo '{"default-address-pools":[{"base":"10.37.0.0/16","size":24}]}' >/etc/docker/daemon.json`,
    );
    expect(causeOfFullPools({ ...FULL, file: null }).remedies).toHaveLength(1);
  });

  test("doesn't call pools exhausted that have room by our count", () => {
    const room = { ...FULL.room, free: [cidr("10.201.3.0/24")], holders: FULL.room.holders.slice(0, 3) };
    const { what, certainty } = causeOfFullPools({ ...FULL, room });
    expect(what).toContain("although 1 of 4 subnets meet no network");
    expect(certainty).toBe("concluded");
  });
});
