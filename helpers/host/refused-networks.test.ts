import { expect, test } from "vitest";
import type { Fingerprint } from "./fingerprint.ts";
import { leftByRefusals } from "./refused-networks.ts";

const EMPTY: Fingerprint = {
  links: ["docker0 (index 3)", "br-00000000000a (index 4)"],
  addresses: [],
  routes: [],
  "firewall rules": ["iptables-save -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"],
  namespaces: [],
  listeners: [],
  sysctls: [],
  containers: [],
  networks: ["bridge 4b0f1d9a8c7e"],
  volumes: [],
  images: [],
  tracing: [],
};

test("a bridge that came since, of no network, is what a refused network left, with the rules that name it", () => {
  // Engine 26.1.5 whose nat table had lost its chain DOCKER.
  const rule = "iptables-save -A POSTROUTING -s 10.249.66.0/24 ! -o br-15a203577e21 -j MASQUERADE";
  const after: Fingerprint = {
    ...EMPTY,
    links: [...EMPTY.links, "br-15a203577e21 (index 21)", "br-d20a5e05da1e (index 22)", "veth1a (index 23)"],
    "firewall rules": [...EMPTY["firewall rules"], rule, "iptables-save -A INPUT -s 192.0.2.7/32 -j DROP"],
    networks: [...EMPTY.networks, "shop d20a5e05da1e"],
  };
  expect(leftByRefusals(EMPTY, after)).toEqual([{ device: "br-15a203577e21", rules: [rule] }]);
  // What was there before is another matter.
  expect(leftByRefusals(after, after)).toEqual([]);
});
