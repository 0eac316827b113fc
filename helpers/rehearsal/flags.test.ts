import fc from "fast-check";
import { expect, test } from "vitest";
import { carriedFlags, twiceSet } from "./flags.ts";

// The command line of Debian's unit file, and one as operators write it.
const UNIT = ["-H", "fd://", "--containerd=/run/containerd/containerd.sock"];
const OWN = [
  "--mtu=1400",
  "--dns",
  "192.0.2.53",
  "--ipv6",
  "--tlsverify",
  "--tlscert=/etc/docker/c.pem",
  "--default-address-pool",
  "base=10.9.0.0/16,size=24",
  "-b",
  "br0",
  "--data-root",
  "/srv/docker",
];

test("networking flags are carried with their values, the host's own are named and left out", () => {
  expect(carriedFlags(UNIT)).toEqual({ carried: [], leftOut: ["--host", "--containerd"] });
  expect(carriedFlags(OWN)).toEqual({
    carried: ["--mtu=1400", "--dns", "192.0.2.53", "--ipv6", "--default-address-pool", "base=10.9.0.0/16,size=24"],
    leftOut: ["--tlsverify", "--tlscert", "--bridge", "--data-root"],
  });
});

test.each<[string, Record<string, unknown>, string[], string[]]>([
  ["the same name", { mtu: 1400 }, ["--mtu", "1300"], ["mtu"]],
  ["another name", { dns: [], "default-address-pools": [] }, ["--default-address-pool=x"], ["default-address-pools"]],
  ["a short flag", { bridge: "br0" }, ["-b=br0"], ["bridge"]],
  ["a short flag with its value attached", { bridge: "br0" }, ["-bbr0"], ["bridge"]],
  ["the unit file's sockets", { hosts: ["tcp://0.0.0.0:2375"] }, UNIT, ["hosts"]],
  ["runtimes may stand in both", { runtimes: {} }, ["--add-runtime", "x=/x"], []],
  ["nothing twice", { bip: "10.9.0.1/24" }, OWN, []],
])("set twice: %s", (_what, values, flags, keys) => {
  expect(twiceSet(values, flags).flatMap((finding) => finding.keys)).toEqual(keys);
});

test("no word of a command line is lost or made up", () => {
  const word = fc.constantFrom("--mtu=1", "--mtu", "-H", "fd://", "--ipv6", "value", "--", "-", "--unknown-flag", "");
  fc.assert(
    fc.property(fc.array(word), (words) => {
      const { carried } = carriedFlags(words);
      expect(carried.every((one) => words.some((word) => word === one))).toBe(true);
    }),
  );
});
