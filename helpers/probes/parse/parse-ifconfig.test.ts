import { expect, test } from "vitest";
import { captured } from "./captured/read-captured.ts";
import { parseIfconfig } from "./parse-ifconfig.ts";
import { parseIpAddress } from "./parse-ip-address.ts";

test("a container's eth0", () => {
  for (const version of ["1.35", "1.37", "1.38"]) {
    const eth0 = parseIfconfig(captured(`busybox-${version}/ifconfig-container.txt`)).find(
      ({ name }) => name === "eth0",
    );
    expect(eth0).toMatchObject({
      encapsulation: "Ethernet",
      mac: "02:42:0a:4d:00:02",
      ipv4: { address: "10.77.0.2", broadcast: "10.77.0.255", netmask: "255.255.255.0" },
      ipv6: expect.arrayContaining([
        { address: "fd77::3", prefix: 64, scope: "Global" },
        { address: "fe80::42:aff:fe4d:2", prefix: 64, scope: "Link" },
      ]),
      flags: ["UP", "BROADCAST", "RUNNING", "MULTICAST"],
      mtu: 1500,
    });
  }
});

test("it agrees with ip addr about the same namespace", () => {
  const byName = <T extends { readonly name: string }>(a: T, b: T): number => (a.name < b.name ? -1 : 1);
  for (const version of ["1.35", "1.38"]) {
    const interfaces = parseIfconfig(captured(`busybox-${version}/ifconfig-host.txt`))
      .filter(({ name }) => !name.includes(":"))
      .toSorted(byName);
    const links = parseIpAddress(captured(`busybox-${version}/ip-addr-host.txt`)).toSorted(byName);
    expect(interfaces.map(({ name, mtu, mac, ipv4 }) => [name, mtu, mac, ipv4?.address])).toEqual(
      links.map(({ name, mtu, mac, flags, addresses }) => [
        name,
        mtu,
        flags.includes("LOOPBACK") ? undefined : mac,
        addresses.find(({ family }) => family === 4)?.address,
      ]),
    );
  }
});

test("a labelled address is an interface of its own, without counters", () => {
  const alias = parseIfconfig(captured("busybox-1.38/ifconfig-host.txt")).find(({ name }) => name === "wan0:1");
  expect(alias).toMatchObject({ ipv4: { address: "192.0.2.11", netmask: "255.255.255.255" } });
  expect(alias).not.toHaveProperty("receivedBytes");
});
