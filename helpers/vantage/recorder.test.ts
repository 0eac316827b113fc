import { expect, test } from "vitest";
import type { Evidence } from "../model/evidence.ts";
import {
  asControl,
  newRecording,
  note,
  type Recorded,
  type Recording,
  record,
  recordAll,
  recordingInto,
} from "./recorder.ts";

function evidence(command: string): Evidence {
  return { vantage: "here", command, exitCode: 0, timedOut: false, stdout: "", stderr: "", ms: 1 };
}

const told = (probes: readonly Recorded[]): string[] =>
  probes.map((probe) => `${probe.role} ${probe.evidence.command}`);

/** What `body` gives, and what was recorded inside it. */
async function recording<T>(body: () => Promise<T>): Promise<Recording & { value: T }> {
  const recorded = newRecording();
  const value = await recordingInto(recorded, body);
  return { value, ...recorded };
}

test("recordings side by side keep their own probes, across awaits", async () => {
  const body = (name: string) => async () => {
    for (let n = 0; n < 3; n++) {
      await new Promise((resolve) => setTimeout(resolve, n));
      record(evidence(`${name}${n}`));
    }
    return name;
  };
  const [a, b] = await Promise.all([recording(body("a")), recording(body("b"))]);
  expect([a.value, told(a.probes)]).toEqual(["a", ["probe a0", "probe a1", "probe a2"]]);
  expect([b.value, told(b.probes)]).toEqual(["b", ["probe b0", "probe b1", "probe b2"]]);
});

test("a control is marked, also beside a probe that goes on", async () => {
  const { probes } = await recording(async () => {
    await Promise.all([
      asControl(async () => record(evidence("allowed"))),
      Promise.resolve().then(() => record(evidence("denied"))),
    ]);
  });
  expect(told(probes).toSorted()).toEqual(["control allowed", "probe denied"]);
});

test("what was asked before a failure is kept", async () => {
  const recorded = newRecording();
  const remark = { key: "a", what: "Seen.", todo: "", subjects: [] };
  const body = recordingInto(recorded, async () => {
    record(evidence("first"));
    note(remark);
    throw new Error("broken");
  });
  await expect(body).rejects.toThrow("broken");
  expect(told(recorded.probes)).toEqual(["probe first"]);
  expect(recorded.notes).toEqual([remark]);
});

test("what a shared stage recorded is added to whoever obtains it; outside a recording nothing is kept", async () => {
  const remark = { key: "a", what: "Seen.", todo: "", subjects: [] };
  const shared = await recording(async () => {
    record(evidence("shared"));
    await asControl(async () => note(remark));
  });
  const { probes, notes } = await recording(async () => recordAll(shared));
  expect(told(probes)).toEqual(["probe shared"]);
  expect(notes).toEqual([remark]);
  record(evidence("nowhere"));
  note(remark);
  expect(await asControl(async () => "value")).toBe("value");
});
