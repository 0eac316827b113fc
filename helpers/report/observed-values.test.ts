import { expect, test } from "vitest";
import { cidr } from "../model/cidr.ts";
import type { Place, ReadThing } from "../model/question.ts";
import type { ReportedProbe } from "../model/results.ts";
import { observedValues, ownNetworks } from "./observed-values.ts";

// Outputs captured with BusyBox 1.35 on Engine 20.10.24.
const probe = (what: ReadThing, stdout: string, kind: Place["kind"] = "container"): ReportedProbe => {
  const place = { kind, name: kind === "container" ? "dnc-r8ec416e-bridge-plain" : "" };
  return {
    role: "probe",
    // How it was asked and worded is no matter.
    vantage: "somewhere",
    place,
    question: { kind: "read", from: place, what, of: null },
    command: "somehow",
    exitCode: 0,
    timedOut: false,
    stdout,
    stderr: "",
    ms: 1,
  };
};
const ADDRESSES = `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
279: eth0@if280: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue${" "}
    link/ether 02:42:ac:11:00:05 brd ff:ff:ff:ff:ff:ff
    inet 172.17.0.5/16 brd 172.17.255.255 scope global eth0
       valid_lft forever preferred_lft forever
`;
const ROUTES = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
`;

const own = (defaultSubnet: string, others: readonly string[] = []) => ({
  defaultSubnet,
  defaultGateway: "172.17.0.1",
  others: others.map((other) => cidr(other)),
});

test("a run's own networks are those that its containers were on", () => {
  const probes = [
    probe("addresses", ADDRESSES.replaceAll("172.17.0.5/16", "10.9.8.5/24")),
    probe("routes", ROUTES),
    probe("addresses", ADDRESSES.replaceAll("172.17.0.5/16", "192.0.2.7/24"), "host"),
    probe("addresses", "… 3000 characters more"),
  ];
  const facts = { "default bridge subnet": "172.17.0.0/16", "default bridge gateway": "172.17.0.1" };
  const { others, ...rest } = ownNetworks({ facts, requirements: [{ probes }] as never });
  expect(rest).toEqual({ defaultSubnet: "172.17.0.0/16", defaultGateway: "172.17.0.1" });
  expect(others.map(String)).toEqual(["10.9.8.0/24"]);
});

test("a name server of the run's own is no observation of the host; one of the host's is, also on the bridge's address", () => {
  const asked = (servers: string) => ({ probes: [probe("resolv.conf", `nameserver ${servers}\n`)] });
  const at = own("172.17.0.0/16", ["10.9.8.0/24"]);
  const server = "one of the run's own";
  expect(observedValues(asked("172.17.0.11"), at)).toMatchObject({ nameservers: server });
  expect(observedValues(asked("172.17.0.12"), at)).toMatchObject({ nameservers: server });
  expect(observedValues(asked("10.9.8.3"), at)).toMatchObject({ nameservers: server });
  expect(observedValues(asked("172.17.0.1"), at)).toMatchObject({ nameservers: "172.17.0.1" });
  expect(observedValues(asked("10.9.9.3"), at)).toMatchObject({ nameservers: "10.9.9.3" });
  expect(observedValues(asked("fd00::53"), at)).toMatchObject({ nameservers: "fd00::53" });
});

test("what a container on the default bridge had", () => {
  const probes = [
    probe("addresses", ADDRESSES),
    probe("routes", ROUTES),
    probe("resolv.conf", "nameserver 10.255.255.53\noptions ndots:0\n"),
  ];
  expect(observedValues({ probes }, own("172.17.0.0/16"))).toEqual({
    MTU: "1500",
    gateway: "172.17.0.1",
    subnet: "172.17.0.0/16",
    nameservers: "10.255.255.53",
    "search domains": "none",
    "resolver options": "ndots:0",
  });
});

test("a test network's subnet and gateway are another each run: not counted", () => {
  const probes = [probe("addresses", ADDRESSES), probe("routes", ROUTES)];
  expect(observedValues({ probes }, own("10.200.0.0/24"))).toEqual({ MTU: "1500" });
});

test("the host's own answers, failed commands and unreadable ones tell nothing", () => {
  const probes = [
    probe("addresses", ADDRESSES, "host"),
    { ...probe("resolv.conf", ""), exitCode: 1 },
    probe("addresses", "… 3000 characters more"),
  ];
  expect(observedValues({ probes }, own(""))).toEqual({});
});
