import { describe, expect, it } from "vitest";
import { answerLengths, firstLengths, lengthsOf, outcomeOf, type Probe, unusualSize } from "./probe.ts";

const ping: Probe = { protocol: "icmp", address: "192.0.2.1", port: null, size: 56, count: 1 };
const tcp: Probe = { ...ping, protocol: "tcp", port: 80 };
const udp: Probe = { ...ping, protocol: "udp", port: 53, size: 20 };

describe("lengths at a device", () => {
  it("as the kernel counts them: an echo, a SYN with its answers, a request of tftp", () => {
    expect(firstLengths(ping, "ip")).toEqual([98]);
    expect(firstLengths(ping, "ip6")).toEqual([118]);
    expect(firstLengths(tcp, "ip")).toEqual([74]);
    expect(answerLengths(tcp, "ip")).toEqual([74, 54]);
    expect(firstLengths(udp, "ip")).toEqual([71, 79]);
    expect(lengthsOf(tcp, "ip").toSorted()).toEqual([40, 54, 60, 74]);
  });

  it("of a ping that nobody gave a size are not those of everybody's pings", () => {
    for (let count = 0; count < 100; count++) expect(unusualSize()).not.toBe(56);
  });
});

describe("outcomes", () => {
  it("a burst counts its answers", () => {
    const printed = "50 packets transmitted, 41 packets received, 18% packet loss";
    expect(outcomeOf({ ...ping, count: 50 }, printed, 0)).toEqual({ outcome: "replied", answered: true, received: 41 });
    expect(outcomeOf(ping, "1 packets transmitted, 0 packets received, 100% packet loss", 1)).toMatchObject({
      answered: false,
      received: 0,
    });
    expect(outcomeOf({ ...tcp, count: 6 }, "2 received", 0)).toMatchObject({ answered: true, received: 2 });
  });

  it("a datagram that nobody answers timed out", () => {
    expect(outcomeOf(udp, "", 143)).toMatchObject({ outcome: "timed out", received: 0 });
  });
});
