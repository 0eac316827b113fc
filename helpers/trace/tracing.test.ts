import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Evidence } from "../model/evidence.ts";
import { type Acting, sweepTracing, traced } from "./tracing.ts";

/** A view that answers in this order, and remembers what it was asked. */
function view(answers: readonly Partial<Evidence>[]): Acting & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    containerId: "0123456789abcdef",
    asked,
    async act(command) {
      const answer = answers[asked.push(command) - 1] ?? {};
      return { vantage: "host", command, exitCode: 0, timedOut: false, stdout: "", stderr: "", ms: 1, ...answer };
    },
  };
}

function packed(text: string): string {
  return gzipSync(text).toString("base64");
}

const FILTER = { lengths: [98, 84], protocol: 0x0800 };
const HOP = "ping-1 [001] ..s1. 1.5: net_dev_queue: dev=eth0 skbaddr=00000000aaaa0001 len=98";

describe("tracing", () => {
  it("gives what the probe printed and what the kernel wrote down", async () => {
    const host = view([{ stdout: `1\n\n${packed("100% packet loss\n")}\n${packed(HOP)}\n` }]);
    const { trace, printed, exitCode } = await traced(host, "ping", FILTER, 2);
    expect({ printed, exitCode }).toEqual({ printed: "100% packet loss\n", exitCode: 1 });
    expect(trace?.events).toMatchObject([{ kind: "sent", device: "eth0", length: 98 }]);
  });

  it("without tracing the probe is sent all the same, and the reason is told", async () => {
    const host = view([{ stdout: `0\ntracefs can not be mounted\n${packed("1 received")}\n` }]);
    expect(await traced(host, "ping", FILTER, 2)).toMatchObject({
      trace: null,
      why: "tracefs can not be mounted",
      exitCode: 0,
    });
  });

  it("an instance whose session was cut short is removed by its own name", async () => {
    const host = view([{ exitCode: null, timedOut: true }]);
    expect(await traced(host, "ping", FILTER, 2)).toMatchObject({ trace: null });
    const [, name = ""] = /instances\/(dnc-trace-[\w-]+)/.exec(host.asked[0] ?? "") ?? [];
    expect(name).toContain("0123456789ab");
    expect(host.asked).toHaveLength(2);
  });
});

describe("what killed runs left", () => {
  it("old instances of ours go, those of a living session and others' stay", async () => {
    const old = `dnc-trace-${Date.now() - 900_000}-1-0123456789ab`;
    const young = `dnc-trace-${Date.now()}-1-0123456789ab`;
    const host = view([{ stdout: `${old}\n${young}\nsomebody\n` }, { stdout: `${old}\n` }]);
    expect(await sweepTracing(host)).toEqual([old]);
    expect(host.asked[1]).toContain(`rmdir instances/${old}`);
    expect(host.asked[1]).not.toContain(young);
    expect(host.asked[1]).not.toContain("somebody");
  });

  it("nothing is done where nothing is left", async () => {
    const host = view([]);
    expect(await sweepTracing(host)).toEqual([]);
    expect(host.asked).toHaveLength(1);
  });
});
