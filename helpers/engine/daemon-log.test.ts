import { expect, test } from "vitest";
import { lastErrors } from "./daemon-log.ts";

// Ends of what dockerd 20.10.24 wrote.
const UNUSABLE_BIP = `time="2026-11-22T00:08:47.788779967Z" level=info msg="Loading containers: start."
time="2026-11-22T00:08:48.077834800Z" level=info msg="[core] Channel Connectivity change to SHUTDOWN" module=grpc
time="2026-11-22T00:08:48.078453650Z" level=info msg="stopping event stream following graceful shutdown" error="context canceled" module=libcontainerd namespace=moby
failed to start daemon: Error initializing network controller: invalid CIDR address: nonsense
`;
const UNKNOWN_KEY =
  "unable to configure the Docker daemon with file /etc/docker/daemon.json: the following directives don't match any configuration option: mtuu\n";
const ONLY_INFO = String.raw`time="2026-11-22T00:08:47.785266908Z" level=info msg="[core] Channel Connectivity change to READY" module=grpc
time="2026-11-22T00:08:47.786327998Z" level=info msg="[graphdriver] using prior storage driver: overlay2"
time="2026-11-22T00:08:47.783028958Z" level=info msg="[core] scheme \"unix\" not registered, fallback to default scheme" module=grpc
`;

test("the fatal line is picked out of the chatter", () => {
  expect(lastErrors(UNUSABLE_BIP)).toEqual([
    "failed to start daemon: Error initializing network controller: invalid CIDR address: nonsense",
  ]);
  expect(lastErrors(UNKNOWN_KEY)).toEqual([UNKNOWN_KEY.trim()]);
});

test("what a closing connection complains of behind the fatal line hides it no more than an error before it", () => {
  const complaint = String.raw`time="2026-11-25T14:41:30.834769984Z" level=warning msg="[core] grpc: addrConn.createTransport failed to connect to {unix:///var/run/docker/containerd/containerd.sock  <nil> 0 <nil>}. Err: connection error: desc = \"transport: Error while dialing dial unix:///var/run/docker/containerd/containerd.sock: timeout\". Reconnecting..." module=grpc
`;
  const error = `time="2026-11-25T14:41:30.8Z" level=error msg="containerd did not exit successfully" error="signal: killed"\n`;
  const fatal = "failed to start daemon: Error initializing network controller: invalid CIDR address: nonsense";
  expect(lastErrors(UNUSABLE_BIP + complaint, 1)).toEqual([fatal]);
  expect(lastErrors(UNUSABLE_BIP + error + complaint)).toEqual(["containerd did not exit successfully", fatal]);
});

test("of a crash its first line is told, not the last frame of the last goroutine", () => {
  const crash =
    "panic: runtime error: invalid memory address or nil pointer dereference\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:1 +0x1\n";
  expect(lastErrors(ONLY_INFO + crash)).toEqual([
    "panic: runtime error: invalid memory address or nil pointer dereference",
  ]);
});

test("without any error the last lines are shown, as plain text", () => {
  expect(lastErrors(ONLY_INFO, 2)).toEqual([
    "[graphdriver] using prior storage driver: overlay2",
    '[core] scheme "unix" not registered, fallback to default scheme',
  ]);
});

test("an empty log has no lines", () => {
  expect(lastErrors("")).toEqual([]);
});
