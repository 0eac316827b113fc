import { expect, test } from "vitest";
import { ProbeFailed } from "../model/evidence.ts";
import { connections, echoes } from "./bursts.ts";
import { answering } from "./testing/answering.ts";

const BURST = { count: 100, every: 0.002 };

test("echoes are counted, BusyBox and iputils, also when some or all are lost", async () => {
  const of = async (stdout: string, exitCode = 0) => {
    const { sent, received } = await echoes(answering({ stdout, exitCode }), "192.0.2.1", BURST);
    return { sent, received };
  };
  const head = "PING 192.0.2.1 (192.0.2.1): 56 data bytes\n\n--- 192.0.2.1 ping statistics ---\n";
  expect(
    await of(
      `${head}100 packets transmitted, 80 packets received, 20% packet loss\nround-trip min/avg/max = 0.058/0.108/0.219 ms\n`,
    ),
  ).toEqual({ sent: 100, received: 80 });
  expect(await of(`${head}100 packets transmitted, 0 packets received, 100% packet loss\n`, 1)).toEqual({
    sent: 100,
    received: 0,
  });
  expect(
    await of(
      "PING 192.0.2.1 (192.0.2.1) 56(84) bytes of data.\n\n--- 192.0.2.1 ping statistics ---\n100 packets transmitted, 100 received, 0% packet loss, time 198ms\nrtt min/avg/max/mdev = 0.017/0.020/0.075/0.006 ms\n",
    ),
  ).toEqual({ sent: 100, received: 100 });
});

test("answers that ping ended without reading are counted by the kernel; another's lost ping hides none that came", async () => {
  const of = async (before: string, lines: string, after: string) => {
    const stdout = `echoes ${before}\nPING 192.0.2.1 (192.0.2.1): 56 data bytes\n\n--- 192.0.2.1 ping statistics ---\n${lines}\nechoes ${after}\n`;
    return (await echoes(answering({ stdout }), "192.0.2.1", BURST)).received;
  };
  const some = "100 packets transmitted, 98 packets received, 2% packet loss";
  expect(await of("7 7", some, "107 107")).toBe(100);
  expect(await of("7 7", some, "107 105")).toBe(98);
  expect(await of("7 7", some, "112 107")).toBe(98);
  expect(await of(" ", some, " ")).toBe(98);
});

test("what can't be sent is lost; a ping that does not understand is no measurement", async () => {
  const unreachable = { stdout: "PING 192.0.2.1\n", stderr: "ping: sendto: Network is unreachable\n", exitCode: 1 };
  expect(await echoes(answering(unreachable), "192.0.2.1", BURST)).toMatchObject({ sent: 100, received: 0 });
  const usage = { stderr: "ping: invalid option -- 'q'\n", exitCode: 1 };
  await expect(echoes(answering(usage), "192.0.2.1", BURST)).rejects.toThrow(ProbeFailed);
});

test("connections are counted, and the SYNs that were sent again", async () => {
  const seen = await connections(
    answering({ stdout: `again 3\n${"answered\n".repeat(48)}again 150\n` }),
    "192.0.2.1",
    80,
    50,
  );
  expect(seen).toMatchObject({ opened: 50, answered: 48, sentAgain: 147 });
  expect(seen.evidence.command).toContain("http://192.0.2.1:80/");
});

test("without the kernel's counter, or without its second reading, nothing is said of SYNs", async () => {
  for (const stdout of ["again \nanswered\nagain \n", "again 3\nanswered\n", "answered\n"])
    expect(await connections(answering({ stdout }), "fd00::2", 80, 1)).toMatchObject({ answered: 1, sentAgain: null });
});
