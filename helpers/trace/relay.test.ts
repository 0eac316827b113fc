import { expect, it } from "vitest";
import { relayAmong } from "./relay.ts";

const PROXIES = [
  "/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 10.99.0.2 -container-port 80 -use-listen-fd ",
  "/usr/bin/docker-proxy -proto tcp -host-ip :: -host-port 8080 -container-ip 10.99.0.2 -container-port 80 -use-listen-fd ",
  "/usr/bin/docker-proxy -proto udp -host-ip 127.0.0.1 -host-port 5353 -container-ip 10.99.0.3 -container-port 53 ",
].join("\n");

it("the proxy of a port, by protocol and address", () => {
  expect(relayAmong(PROXIES, "tcp", "192.0.2.7", 8080)).toEqual({ address: "10.99.0.2", port: 80 });
  expect(relayAmong(PROXIES, "udp", "127.0.0.1", 5353)).toEqual({ address: "10.99.0.3", port: 53 });
  expect(relayAmong(PROXIES, "udp", "192.0.2.7", 5353)).toBeNull();
  expect(relayAmong(PROXIES, "tcp", "192.0.2.7", 808)).toBeNull();
  expect(relayAmong("", "tcp", "192.0.2.7", 8080)).toBeNull();
});
