import { expect, test } from "vitest";
import type { Evidence, Vantage } from "../model/evidence.ts";
import type { Question, Reached } from "../probes/reach.ts";
import { WHOLE } from "../probes/transfers.ts";
import { losesMore } from "./beyond.ts";
import { mustArriveWhole, mustCarry, mustLoseNone, mustServeAtOnce } from "./carried.ts";
import { NotRun, Violation } from "./verdicts.ts";

function evidenceOf(command: string, stdout: string): Evidence {
  return { vantage: "container c", command, exitCode: 0, timedOut: false, stdout, stderr: "", ms: 1 };
}

/** A way on which pings are answered as `received` says by their command. */
function way(received: (command: string) => number): { from: Vantage; to: string } {
  return {
    to: "192.0.2.1",
    from: {
      label: "container c",
      async ask(command) {
        const sent = Number(/-c (\d+)/.exec(command)?.[1]);
        const back = Math.min(sent, received(command));
        const lost = Math.round((100 * (sent - back)) / sent);
        return evidenceOf(
          command,
          `${sent} packets transmitted, ${back} packets received, ${lost}% packet loss\nround-trip min/avg/max = 1/1/1 ms\n`,
        );
      },
    },
  };
}

const isLarge = (command: string): boolean => command.includes("-s 1472");

test("large packets are judged against small ones", async () => {
  await mustCarry(
    way(() => 5),
    1472,
  );
  await expect(
    mustCarry(
      way((command) => (isLarge(command) ? 0 : 4)),
      1472,
    ),
  ).rejects.toThrow(/no answer to 5 packets of 1500 bytes; 4 of 5 packets of 84 bytes/);
  await expect(
    mustCarry(
      way(() => 0),
      1472,
    ),
  ).rejects.toBeInstanceOf(NotRun);
  // Some loss is no matter of size.
  await mustCarry(
    way((command) => (isLarge(command) ? 1 : 5)),
    1472,
  );
});

test("a loss is told in percent; a way that is shut is not judged as one", async () => {
  await mustLoseNone(way(() => 100));
  await expect(mustLoseNone(way(() => 83))).rejects.toThrow(/17 % lost: no answer to 17 of 100/);
  await expect(mustLoseNone(way(() => 0))).rejects.toBeInstanceOf(NotRun);
});

test("a container is blamed for more losses than the host's own alone", () => {
  const of = (received: number) => ({ sent: 100, received, asked: undefined, evidence: evidenceOf("ping", "") });
  expect(losesMore(of(98), of(100))).toBe(false);
  expect(losesMore(of(97), of(100))).toBe(true);
  expect(losesMore(of(80), of(90))).toBe(false);
  expect(losesMore(of(0), of(100))).toBe(true);
});

function question(outcome: Reached["outcome"]): Question {
  return {
    text: "GET http://192.0.2.1/",
    ask: async () => ({ question: "", outcome, detail: "so it was", evidence: evidenceOf("wget", ""), answer: "" }),
  };
}

test("a transfer that stalls says where; without its control it is not judged", async () => {
  const transferred = (bytes: number | null, md5: string) => async () => ({
    bytes,
    md5,
    asked: undefined,
    evidence: evidenceOf("nc", ""),
  });
  await mustArriveWhole("download", transferred(WHOLE.bytes, WHOLE.md5), question("replied"));
  await expect(mustArriveWhole("download", transferred(1024, "0"), question("replied"))).rejects.toThrow(/1024 bytes/);
  await expect(mustArriveWhole("download", transferred(WHOLE.bytes, "0"), question("replied"))).rejects.toThrow(
    /other data/,
  );
  await expect(mustArriveWhole("upload", transferred(null, ""), question("replied"))).rejects.toBeInstanceOf(Violation);
  await expect(mustArriveWhole("upload", transferred(null, ""), question("timed out"))).rejects.toBeInstanceOf(NotRun);
});

test("connections at once: a SYN or two sent again is a busy machine, more is a limit", async () => {
  const served = (answered: number, again: number): Vantage => ({
    label: "container c",
    ask: async (command) =>
      evidenceOf(
        command,
        command.startsWith("wget") ? "hello" : `again 0\n${"answered\n".repeat(answered)}again ${again}\n`,
      ),
  });
  await mustServeAtOnce({ from: served(50, 2), to: "192.0.2.1" });
  await expect(mustServeAtOnce({ from: served(50, 60), to: "192.0.2.1" })).rejects.toThrow(/60 SYNs/);
  await expect(mustServeAtOnce({ from: served(12, 0), to: "192.0.2.1" })).rejects.toThrow(/12 of 50 answered/);
});
