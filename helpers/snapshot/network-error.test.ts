import { expect, test } from "vitest";
import { networkError } from "./network-error.ts";

const SHIM =
  "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: ";

test.each([
  "driver failed programming external connectivity on endpoint web (6): Bind for 0.0.0.0:80 failed: port is already allocated",
  "failed to set up container networking: no available IPv4 addresses on this network's address pools: tiny (6215db16)",
  "cannot join network of a non running container: 1c21fd6ee9be",
  `${SHIM}unable to start container process: lstat /proc/4242/ns/net: no such file or directory: unknown`,
])("the network's: %s", (error) => {
  expect(networkError(error, "bridge")).toBe(error);
});

test.each([
  `${SHIM}unable to start container process: exec: "network-agent --token=s3cret": executable file not found in $PATH: unknown`,
  `${SHIM}error mounting "/srv/network/s3cret" to rootfs at "/run/bridge": not a directory: unknown`,
  'error gathering device information while adding custom device "/dev/s3cret/network": no such file or directory',
  "failed to create task for container: failed to initialize logging driver: gelf: cannot connect to GELF endpoint: log.s3cret.network:12201",
  "crun: executable file `/bin/iptables-s3cret` not found in $PATH: No such file or directory",
  'exec: "/opt/netns/run --password=s3cret": no such file',
  'invalid mount config for type "bind": bind source path does not exist: /srv/gateway/s3cret',
  "",
])("none of the network's, whatever word it quotes: %s", (error) => {
  expect(networkError(error, "bridge")).toBe("");
});

test("20.10 names the container that another one joins, and nothing else", () => {
  const gone = "No such container: 8f2c0a6e2b1d";
  expect(networkError(gone, "container:8f2c0a6e2b1d")).toBe(gone);
  expect(networkError(gone, "bridge")).toBe("");
});
