import { expect, test } from "vitest";
import { dockerdOf } from "./host-view.ts";

test.each([
  ["the engine", "812 1 dockerd /usr/bin/dockerd\n", 812],
  ["one that was upgraded and not restarted", "812 1 dockerd /usr/bin/dockerd (deleted)\n", 812],
  ["what it is about to start has its name", "812 1 dockerd /usr/bin/dockerd\n990 812 dockerd /usr/bin/dockerd\n", 812],
  ["a wrapper of its name, as NixOS has one", "812 1 .dockerd-wrappe /nix/store/x-moby-28/bin/.dockerd-wrapped\n", 812],
  ["a script that waits for it", "800 1 dockerd /usr/bin/dash\n812 800 dockerd.real /usr/sbin/dockerd.real\n", 812],
  ["RootlessKit's script beside it", "700 1 dockerd-rootles /usr/bin/dash\n812 750 dockerd /usr/bin/dockerd\n", 812],
  ["a program that can't be read", "812 1 dockerd \n", 812],
  ["RootlessKit's script alone: the engine is elsewhere", "700 1 dockerd-rootles /usr/bin/dash\n", null],
  ["none", "", null],
])("dockerd's process: %s", (_what, list, pid) => {
  expect(dockerdOf(list)).toBe(pid);
});
