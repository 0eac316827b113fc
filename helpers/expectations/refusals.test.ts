import { expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import * as refusals from "./refusals.ts";

test("an address outside the network is refused in each version's words", () => {
  const address = "172.19.10.10";
  const old = "Invalid address 172.19.10.10: It does not belong to any of this network's subnets";
  const later =
    "invalid config for network self_net: invalid endpoint settings:\nno configured subnet or ip-range contain the IP address 172.19.10.10";
  expect(old).toMatch(refusals.addressOutsideSubnet(factsOf("20.10.24"), address));
  expect(later).toMatch(refusals.addressOutsideSubnet(factsOf("28.5.2"), address));
  expect("no configured subnet contains IP address 172.19.10.10").toMatch(
    refusals.addressOutsideSubnet(factsOf("29.7.2"), address),
  );
  expect(later).not.toMatch(refusals.addressOutsideSubnet(factsOf("28.5.2"), "172.19.10.1x"));
});

test("the other refusals", () => {
  expect(
    "user specified IP address is supported only when connecting to networks with user configured subnets",
  ).toMatch(refusals.staticAddressNeedsSubnet());
  expect("user-specified IP address is supported on user-defined networks only").toMatch(
    refusals.staticAddressNeedsUserNetwork(),
  );
  expect("invalid subnet 172.20.16.0/16: it should be 172.20.0.0/16").toMatch(
    refusals.hostBitsRefused("172.20.0.0/16"),
  );
  expect("Pool overlaps with other one on this address space").toMatch(refusals.overlappingSubnet());
  expect("cannot join network of a non running container: ead309a3e0bc").toMatch(
    refusals.joinToStoppedContainer(factsOf("26.1.5")),
  );
  expect("cannot join network namespace of a non running container: container own is exited").toMatch(
    refusals.joinToStoppedContainer(factsOf("28.5.2")),
  );
  expect("Bind for 0.0.0.0:8080 failed: port is already allocated").toMatch(refusals.portAlreadyAllocated());
});

test("exhausted address pools are told from other refusals", () => {
  for (const answer of [
    "all predefined address pools have been fully subnetted",
    "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
  ])
    expect(refusals.poolsExhausted(answer), answer).toBe(true);
  for (const answer of [
    "Pool overlaps with other one on this address space",
    "could not find an available, non-overlapping IPv6 address pool among the defaults to assign to the network",
    "no available IPv4 addresses on this network's address pools: bridge (0123)",
  ])
    expect(refusals.poolsExhausted(answer), answer).toBe(false);
});

test("a network without an address left is named", () => {
  const answer =
    "no available IPv4 addresses on this network's address pools: bridge (efdcb84fbea3f47171e5da5f6bde5454)";
  expect(refusals.fullSubnet(`failed to set up container networking: ${answer}`)).toBe("bridge");
  expect(refusals.fullSubnet("Address already in use")).toBe(null);
});

test("a runtime that fails is told from a network that is not set up", () => {
  const answer =
    "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: open sysctl net.ipv4.ip_unprivileged_port_start file: reopen fd 8: permission denied";
  expect(refusals.runtimeFailed(answer)).toBe(true);
  expect(refusals.networkNotSetUp(answer)).toBe(false);
  expect(refusals.runtimeFailed("failed to set up container networking: iptables failed")).toBe(false);
});
