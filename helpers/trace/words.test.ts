import { expect, it } from "vitest";
import { walkLines } from "./walk-text.ts";
import { enter, spaceText } from "./words.ts";

it("a namespace in sentences, and what stands before a command that acts in it", () => {
  const web = { where: { kind: "container", name: "web" }, pid: 4711, links: [] } as const;
  expect(spaceText(web)).toBe("inside container web");
  expect(enter(web)).toBe("nsenter -t 4711 -n -- ");
  expect(enter({ where: { kind: "host" }, pid: 1, links: [] })).toBe("");
});

it("a walk that ends is numbered, and its end says why", () => {
  const lines = walkLines({
    from: "web",
    to: "192.0.2.1",
    protocol: "icmp",
    port: null,
    size: 57,
    outcome: "timed out",
    arrived: false,
    burst: null,
    there: {
      hops: [{ device: "eth0", where: { kind: "container", name: "web" }, direction: "sent", length: 99, ms: 0 }],
      end: { kind: "dropped", at: "nft_do_chain", reason: "NETFILTER_DROP" },
    },
    back: null,
    relay: null,
    followed: "events",
    translations: [{ what: "192.0.2.1 → 172.17.0.2", by: "a rule" }],
    unread: [],
  });
  expect(lines[0]).toContain("192.0.2.1 → 172.17.0.2");
  expect(lines[1]).toMatch(/^ {3}1 {2}sent +eth0 +in container web/);
  expect(lines[2]).toContain("dropped here in nft_do_chain (NETFILTER_DROP)");
});
