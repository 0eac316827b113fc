import { expect, test } from "vitest";
import { lastErrors } from "./start-engine.ts";

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

test("without any error the last lines are shown, as plain text", () => {
  expect(lastErrors(ONLY_INFO, 2)).toEqual([
    "[graphdriver] using prior storage driver: overlay2",
    '[core] scheme "unix" not registered, fallback to default scheme',
  ]);
});

test("an empty log has no lines", () => {
  expect(lastErrors("")).toEqual([]);
});
