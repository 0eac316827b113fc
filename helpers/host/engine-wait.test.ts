import { expect, test } from "vitest";
import { HOST } from "../model/question.ts";
import { blockedLocks, engineWait, processes } from "./engine-wait.ts";

/** `/proc/locks` of a host on which `flock` holds a file that a second one waits for (6.18). */
const LOCKS = `1: FLOCK  ADVISORY  WRITE 11665 fe:00:2151705 0 EOF
6: OFDLCK ADVISORY  READ -1 00:06:3 0 EOF
7: FLOCK  ADVISORY  WRITE 25282 fe:00:2148404 0 EOF
7: -> FLOCK  ADVISORY  WRITE 25625 fe:00:2148404 0 EOF
8: FLOCK  ADVISORY  WRITE 12027 fe:00:1524326 0 EOF
`;
const REST = "10234 0 -1 4194304 146 0 0 0 0 0 0 0 20 0 1 0 6048283 2985984 382";
const stat = (pid: number, name: string, parent: number, state = "S") =>
  `${pid} (${name}) ${state} ${parent} ${REST}\n`;
const FILES = "3 /dev/null\n45701483 pipe:[45701483]\n2148404 /run/xtables.lock\n";

/** A host with these processes, whose dockerd is process 900. */
function host(stats: string, locks = LOCKS) {
  return {
    dockerdPid: async () => 900,
    ask: async (command: string) => ({
      vantage: "host",
      place: HOST,
      command,
      exitCode: 0,
      timedOut: false,
      stdout: command.includes("/stat") ? stats : command.includes("/locks") ? locks : FILES,
      stderr: "",
      ms: 1,
    }),
  };
}

const PROXY = stat(950, "docker-proxy", 900);
const CONTAINERD = stat(901, "containerd", 900);

test("who waits for a lock, and who holds it", () => {
  expect(blockedLocks(LOCKS)).toEqual([{ waiter: 25625, holder: 25282, inode: "2148404" }]);
  expect(blockedLocks("")).toEqual([]);
});

test("names may look like the rest of the line; who has ended waits for nothing", () => {
  expect(processes(stat(1, "a b) S 7 (c", 2) + stat(3, "gone", 2, "Z"))).toEqual([
    { pid: 1, name: "a b) S 7 (c", parent: 2 },
  ]);
});

test("dockerd's program that waits for a lock, with the file and the holder", async () => {
  const stats = stat(900, "dockerd", 1) + CONTAINERD + PROXY + stat(25625, "iptables", 900) + stat(25282, "flock", 1);
  expect(await engineWait(host(stats))).toEqual({
    program: { pid: 25625, name: "iptables" },
    lock: { file: "/run/xtables.lock", holder: { pid: 25282, name: "flock" } },
  });
});

test("a holder that has ended left the lock to a child", async () => {
  const stats = stat(25625, "iptables", 900);
  expect((await engineWait(host(stats)))?.lock?.holder).toEqual({ pid: 25282, name: "" });
});

test("another process that waits is not dockerd's, and what stays with a container is waited for by nobody", async () => {
  expect(await engineWait(host(PROXY + CONTAINERD + stat(25625, "apt", 1)))).toBeNull();
});

test("a program that does not end, without a lock", async () => {
  expect(await engineWait(host(PROXY + stat(77, "modprobe", 900), ""))).toEqual({
    program: { pid: 77, name: "modprobe" },
    lock: null,
  });
});
