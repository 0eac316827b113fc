import { expect, test } from "vitest";
import { parseIpAddress } from "../probes/parse/parse-ip-address.ts";
import { siteOfNamespaces } from "./hand-built-site.ts";

const links = (text: string) => parseIpAddress(text);

test("namespaces on a bridge stand there as containers of a network", () => {
  const host = links(`4: lab-br: <BROADCAST,UP> mtu 1500 qdisc noqueue state UP group default
    inet 10.0.0.1/24 scope global lab-br
       valid_lft forever preferred_lft forever
6: port-r@if2: <BROADCAST,UP> mtu 1500 qdisc noqueue master lab-br state UP group default
`);
  const red = links(`1: lo: <LOOPBACK,UP> mtu 65536 qdisc noqueue state UNKNOWN group default
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
2: eth0-r@if6: <BROADCAST,UP> mtu 1500 qdisc noqueue state UP group default
    inet 10.0.0.11/24 scope global eth0-r
       valid_lft forever preferred_lft forever
    inet6 fe80::1/64 scope link
       valid_lft forever preferred_lft forever
`);
  const plain = { mode: null, ports: [], nameServers: [] };
  expect(
    siteOfNamespaces(host, [
      { name: "red", links: red },
      { name: "alone", links: [] },
    ]),
  ).toEqual({
    networks: [{ name: "lab-br", driver: "bridge", device: "lab-br", subnets: ["10.0.0.1/24"], internal: false }],
    containers: [
      { name: "red", networks: [{ name: "lab-br", addresses: ["10.0.0.11"] }], ...plain },
      { name: "alone", networks: [], ...plain },
    ],
  });
});

test("a cable between two namespaces is their network, one to the host is named by its end there", () => {
  const one = (text: string) => links(`${text}: <BROADCAST,UP> mtu 1500 qdisc noqueue state UP group default\n`);
  const { networks, containers } = siteOfNamespaces(one("9: port@if3"), [
    { name: "left", links: one("2: pair0@if2") },
    { name: "right", links: [...one("2: pair1@if2"), ...one("3: up@if9")] },
  ]);
  expect(networks.map(({ name }) => name)).toEqual(["left – right", "port"]);
  expect(containers.map((each) => each.networks.map(({ name }) => name))).toEqual([
    ["left – right"],
    ["left – right", "port"],
  ]);
});
