import { expect, test } from "vitest";
import type { Hop, Walk } from "../../model/walk.ts";
import { readPage } from "./testing/parsed.ts";
import { walkHtml } from "./walk.ts";

const hop = (device: string, container: string | null, direction: Hop["direction"]): Hop => ({
  device,
  where: container === null ? { kind: "host" } : { kind: "container", name: container },
  direction,
  length: 74,
  ms: 0,
});

const WALK: Walk = {
  from: "client",
  to: "10.90.1.2",
  protocol: "tcp",
  port: 80,
  size: null,
  outcome: "timed out",
  arrived: false,
  burst: null,
  there: {
    hops: [
      hop("eth0", "client", "sent"),
      hop("veth1", null, "received"),
      hop("docker0", null, "received"),
      hop("docker0", null, "sent"),
    ],
    end: { kind: "dropped", at: "nft_do_chain", reason: "NETFILTER_DROP" },
  },
  back: null,
  relay: null,
  followed: "events",
  translations: [{ what: "10.0.0.1:8080 → 172.17.0.2:80", by: "iptables -t nat -A DOCKER …" }],
  unread: [],
};

const items = (walk: Walk) =>
  readPage(walkHtml(walk).text)
    .elements.filter(({ tag }) => tag === "li")
    .map(({ text }) => text);

test("devices stand in their namespaces, each once in a row, and the end says where", () => {
  expect(items(WALK)).toEqual(["clienteth0", "the hostveth1docker0", "✗ dropped in nft_do_chain (NETFILTER_DROP)"]);
});

test("there, back, and what docker-proxy does of its own", () => {
  const healthy: Walk = {
    ...WALK,
    outcome: "replied",
    there: { ...WALK.there, end: { kind: "arrived" } },
    back: { hops: [hop("eth0", "web", "sent")], end: { kind: "arrived" } },
  };
  const { elements } = readPage(walkHtml({ ...healthy, relay: healthy }).text);
  expect(elements.filter(({ tag }) => tag === "figure")).toHaveLength(2);
  expect(items(healthy).filter((text) => text === "✓ arrived")).toHaveLength(2);
});

test("a concluded way says that it was not seen, and what ends it, there or somewhere on it", () => {
  const stopped = (by: string, here: boolean): Walk => ({
    ...WALK,
    followed: "concluded",
    there: { hops: [hop("", null, "received")], end: { kind: "stopped", by, here } },
  });
  expect(walkHtml(stopped("x", true)).text).toContain("Not seen: concluded");
  expect(walkHtml(WALK).text).not.toContain("concluded");
  expect(items(stopped("A rule drops it: `-j DROP`.", true))).toEqual([
    "the host",
    "✗ ends here: A rule drops it: -j DROP.",
  ]);
  expect(items(stopped("It is off.", false))[1]).toBe("✗ ends on this way: It is off.");
  expect(items(stopped("", false))[1]).toBe("✗ no answer came; nothing that was read says where it ended");
});

test("a packet that could not be followed is drawn nowhere, and names are text", () => {
  expect(items({ ...WALK, followed: "concluded", there: { hops: [], end: { kind: "vanished" } } })).toEqual([]);
  const { elements } = readPage(walkHtml({ ...WALK, from: "<img src=x onerror=alert(1)>" }).text);
  expect(elements.filter(({ tag }) => tag === "img")).toEqual([]);
  const by = "`<img src=x onerror=alert(1)>`";
  const ended = walkHtml({ ...WALK, there: { hops: [], end: { kind: "stopped", by, here: true } } });
  expect(readPage(ended.text).elements.filter(({ tag }) => tag === "img")).toEqual([]);
});
