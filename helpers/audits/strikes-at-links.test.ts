import { expect, test } from "vitest";
import { audit } from "./judge.ts";
import { shop } from "./testing/shop.ts";
import { insideOf, misled, nicOf, testStrikes, WEB, withIpv6 } from "./testing/strikes.ts";

testStrikes([
  [
    "a program that names interfaces took the bridge's name",
    ({ host }) => {
      for (const link of [...host.links, ...host.addresses]) if (link.name === "docker0") link.name = "lan0";
      for (const link of host.links) if (link.master === "docker0") link.master = "lan0";
    },
    ["LIVE-05 network bridge"],
    /^ip link set lan0 name docker0$/m,
  ],
  [
    "the loopback is down",
    (s) => {
      for (const link of insideOf(s, "web").addresses) if (link.name === "lo") link.flags = ["LOOPBACK"];
    },
    ["LIVE-01 container web"],
    /nsenter .* ip link set lo up/,
  ],
  [
    "the MTU is another",
    (s) => Object.assign(nicOf(s, "web"), { mtu: 576 }),
    [`LIVE-01 ${WEB}`, `LIVE-02 ${WEB}`].slice(0, 1),
    /mtu 1500/,
  ],
  [
    "the interface answers no ARP",
    (s) => void nicOf(s, "web").flags.push("NOARP"),
    [`LIVE-01 ${WEB}`],
    /ip link set dev eth0 arp on/,
  ],
  [
    "the bridge answers no ARP",
    ({ host }) => {
      for (const device of host.addresses) if (device.name === "docker0") device.flags.push("NOARP");
    },
    ["LIVE-05 network bridge"],
    /ip link set dev docker0 arp on/,
  ],
  [
    "the bridge has a smaller MTU than all of its ports",
    ({ host }) => {
      for (const device of host.addresses) if (device.name === "docker0") device.mtu = 600;
    },
    ["LIVE-05 network bridge"],
    /ip link set dev docker0 mtu 1500/,
  ],
  [
    "the MTU of the host's end is smaller",
    ({ host }) => {
      for (const link of host.links) if (link.name === "veth100") link.mtu = 1000;
    },
    [`LIVE-02 ${WEB}`],
    /ip link set dev veth100 mtu 1500/,
  ],
  [
    "the host has a container's address",
    ({ host }) =>
      void host.addresses[0]?.addresses.push({ family: 4, address: "172.17.0.2", prefix: 32, scope: "global" }),
    [`LIVE-01 ${WEB}`],
    /^ip addr del 172\.17\.0\.2\/32 dev eth0$/,
  ],
  [
    "another container of the network has the address",
    (s) => {
      const twin = structuredClone(s.containers[0]);
      const web = s.containers[0];
      if (twin?.inside == null || web === undefined) throw new Error("web is there");
      Object.assign(twin, { id: "twin".padEnd(64, "0"), name: "twin", pid: 102, ports: [], bindings: [] });
      Object.assign(twin.endpoints[0] ?? {}, { address: "172.17.0.9" });
      twin.inside.namespaces = { net: "net:[102]" };
      twin.inside.hostsFile = "172.17.0.9 twin";
      for (const link of twin.inside.addresses)
        if (link.name === "eth0") {
          link.addresses.push({ family: 4, address: "172.17.0.9", prefix: 16, scope: "global" });
          delete link.peerIndex;
        }
      s.containers.push(twin);
    },
    [`LIVE-01 ${WEB}`],
    /inspect -f '\{\{\.State\.Pid\}\}' twin\) -n ip addr del 172\.17\.0\.2\/16 dev eth0/,
  ],
  [
    "a container without network was wired to the bridge by hand, with the address",
    (s) => {
      const wired = structuredClone(s.containers[0]);
      if (wired?.inside == null) throw new Error("web is there");
      Object.assign(wired, {
        id: "wired".padEnd(64, "0"),
        name: "wired",
        pid: 103,
        networkMode: "none",
        endpoints: [],
        ports: [],
        bindings: [],
      });
      wired.inside.namespaces = { net: "net:[103]" };
      for (const link of wired.inside.addresses)
        if (link.name === "eth0") Object.assign(link, { index: 103, peerIndex: 104 });
      s.containers.push(wired);
      const [end] = s.host.links.filter(({ name }) => name === "veth100");
      if (end !== undefined) s.host.links.push({ ...end, name: "hand0", index: 104, peerIndex: 103 });
      const [port] = s.host.ports;
      if (port !== undefined) s.host.ports.push({ ...port, name: "hand0", number: 2 });
    },
    [`LIVE-01 ${WEB}`],
    /inspect -f '\{\{\.State\.Pid\}\}' wired\) -n ip addr del 172\.17\.0\.2\/16 dev eth0/,
  ],
  [
    "the container's port is locked",
    ({ host }) => void host.lockedPorts.push("veth100"),
    [`LIVE-02 ${WEB}`],
    /^bridge link set dev veth100 locked off$/,
  ],
  [
    "the bridge has a container's hardware address",
    ({ host }) => {
      for (const link of host.links) if (link.name === "docker0") link.mac = "02:42:0a:00:00:64";
    },
    ["LIVE-05 network bridge"],
    /^ip link set dev docker0 address 02:42:ac:11:00:01$/,
  ],
  [
    "the port gets no broadcasts",
    ({ host }) => {
      for (const port of host.ports) if (port.name === "veth100") port.broadcastFlood = false;
    },
    [`LIVE-02 ${WEB}`],
    /bridge link set dev veth100 learning on flood on bcast_flood on/,
  ],
  [
    "the gateway's prefix length is another than the network's",
    ({ host }) => {
      for (const device of host.addresses)
        if (device.name === "br-fc57f91b6867") for (const one of device.addresses) one.prefix = 8;
    },
    ["LIVE-05 network shop"],
    /^ip addr add 10\.44\.0\.1\/24 dev br-fc57f91b6867\nip addr del 10\.44\.0\.1\/8 dev br-fc57f91b6867$/,
  ],
  [
    "the bridge's forwarding table was written by hand: a container's frames go to another port",
    (s) => misled(s, { port: 7, local: false }),
    [`LIVE-02 ${WEB}`],
    /^bridge fdb del 02:42:0a:00:00:64 dev veth999 master$/,
  ],
  [
    "the bridge takes a container's frames for the host's own",
    (s) => misled(s, { port: 1, local: true }),
    [`LIVE-02 ${WEB}`],
    /^bridge fdb del 02:42:0a:00:00:64 dev veth100 master$/,
  ],
  [
    "the interface is down, and its IPv6 address went with that",
    (s) => {
      withIpv6(s);
      const nic = nicOf(s, "web");
      nic.flags = nic.flags.filter((flag) => flag !== "UP");
      nic.addresses = nic.addresses.filter(({ family }) => family === 4);
      const inside = insideOf(s, "web");
      Object.assign(inside, { routes6: [], mainRoutes: [], defaults: [] });
    },
    [`LIVE-01 ${WEB}`],
    /^docker restart web$/,
  ],
]);

test("a locked port takes what a sender sends whom somebody wrote into the forwarding table", () => {
  const snapshot = shop();
  const { host } = snapshot;
  const mac = "02:42:0a:00:00:64";
  nicOf(snapshot, "web").mac = mac;
  host.lockedPorts.push("veth100");
  for (const port of host.ports) if (port.name === "veth100") port.number = 3;
  host.forwarding.push({ bridge: "docker0", mac, port: 3, local: false });
  expect(audit(snapshot).deviations).toEqual([]);
});
