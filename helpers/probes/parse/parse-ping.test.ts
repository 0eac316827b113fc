import fc from "fast-check";
import { expect, test } from "vitest";
import { capturedEvidence } from "./captured/read-captured.ts";
import { type PingReport, parsePing } from "./parse-ping.ts";

const report = (program: string, situation: string): PingReport =>
  parsePing(capturedEvidence(`${program}/evidence-ping.json`).get(situation)?.stdout ?? expect.fail(situation));

test.each(["busybox-1.35", "busybox-1.37", "busybox-1.38"])("replies and silence by %s", (program) => {
  expect(report(program, "replied-twice")).toMatchObject({
    transmitted: 2,
    received: 2,
    lossPercent: 0,
    replies: [
      { from: "10.77.0.3", seq: 0, ttl: 64 },
      { from: "10.77.0.3", seq: 1, ttl: 64 },
    ],
  });
  expect(report(program, "dropped")).toEqual({
    transmitted: 1,
    received: 0,
    lossPercent: 100,
    replies: [],
    errors: [],
  });
});

test.each(["iputils-20221126", "iputils-20250605"])("replies, silence and ICMP errors by %s", (program) => {
  const replied = report(program, "replied");
  expect(replied).toMatchObject({ transmitted: 2, received: 2, replies: [{ from: "10.77.0.3", seq: 1 }, { seq: 2 }] });
  expect(replied.rtt?.min).toBeLessThanOrEqual(replied.rtt?.max ?? 0);
  expect(report(program, "loopback").replies[0]?.from).toBe("127.0.0.1");
  expect(report(program, "duplicates")).toMatchObject({ received: 2, replies: [] });
  expect(report(program, "nobody-owns-the-address-three").errors).toEqual(
    [1, 2, 3].map((seq) => ({ from: "10.77.0.2", seq, message: "Destination Host Unreachable" })),
  );
  expect(report(program, "rejected").errors[0]?.message).toBe("Destination Port Unreachable");
});

test("without statistics there is no report", () => {
  for (const situation of ["killed", "no-route"])
    expect(() => report("busybox-1.38", situation)).toThrow("no statistics");
});

test("duplicates and lost packets", () => {
  const text =
    "PING a (10.0.0.1): 56 data bytes\n64 bytes from 10.0.0.1: seq=0 ttl=64 time=0.1 ms\n64 bytes from 10.0.0.1: seq=0 ttl=64 time=0.2 ms (DUP!)\n\n--- a ping statistics ---\n3 packets transmitted, 1 packets received, 1 duplicates, 66% packet loss\nround-trip min/avg/max = 0.1/0.1/0.2 ms\n";
  expect(parsePing(text)).toMatchObject({
    transmitted: 3,
    received: 1,
    lossPercent: 66,
    replies: [{ seq: 0 }, { seq: 0 }],
  });
});

test("what is rendered is read back", () => {
  const ms = fc.nat(1_000_000).map((value) => value / 1000);
  const reply = fc.record({ from: fc.oneof(fc.ipV4(), fc.ipV6()), seq: fc.nat(65_535), ttl: fc.nat(255), ms });
  fc.assert(
    fc.property(
      fc.array(reply),
      fc.nat(100),
      fc.record({ min: ms, avg: ms, max: ms }),
      fc.boolean(),
      (replies, lossPercent, rtt, iputils) => {
        const text = [
          "PING web (10.0.0.1): 56 data bytes",
          ...replies.map(
            ({ from, seq, ttl, ms: time }) =>
              `64 bytes from ${from}: ${iputils ? "icmp_" : ""}seq=${seq} ttl=${ttl} time=${time.toFixed(3)} ms`,
          ),
          "",
          "--- web ping statistics ---",
          `5 packets transmitted, ${replies.length} ${iputils ? "" : "packets "}received, ${lossPercent}% packet loss${iputils ? ", time 10ms" : ""}`,
          `${iputils ? "rtt min/avg/max/mdev" : "round-trip min/avg/max"} = ${rtt.min.toFixed(3)}/${rtt.avg.toFixed(3)}/${rtt.max.toFixed(3)}${iputils ? "/0.100" : ""} ms`,
        ].join("\n");
        expect(parsePing(text)).toEqual({
          transmitted: 5,
          received: replies.length,
          lossPercent,
          replies,
          errors: [],
          rtt,
        });
      },
    ),
  );
});
