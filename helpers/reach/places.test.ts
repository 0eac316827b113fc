import { expect, test } from "vitest";
import { bridgesOf } from "../audits/bridges.ts";
import { publishedPorts } from "../audits/published.ts";
import { standingOf } from "../audits/standing.ts";
import { filtering, shop } from "../audits/testing/shop.ts";
import type { ResidentShell } from "../vantage/resident-shell.ts";
import type { Caller } from "./callers.ts";
import { networksToCallFrom } from "./callers.ts";
import { attemptsOf } from "./places.ts";

/** The shop with a container of ours on each network, which nobody starts. */
function called(breaks: (snapshot: ReturnType<typeof shop>) => void = () => undefined): string[] {
  const snapshot = shop();
  breaks(snapshot);
  const addresses: Readonly<Record<string, string>> = { bridge: "172.17.0.9", shop: "10.44.0.9" };
  const callers = bridgesOf(snapshot).map((bridge): Caller => {
    const shell = null as unknown as ResidentShell;
    return {
      name: bridge.name,
      bridge,
      address: addresses[bridge.name] ?? "",
      address6: "",
      shell,
      close: async () => {},
    };
  });
  return publishedPorts(snapshot).flatMap((published) =>
    attemptsOf(snapshot.host, published, callers).map((attempt) => {
      const { standing, by } = standingOf(snapshot.host, published, attempt);
      return `${published.container.name} from ${attempt.place} at ${attempt.to}: ${standing} (${by})`;
    }),
  );
}

test("a healthy host: who connects, and what serves it", () => {
  expect(called()).toEqual([
    "web from host's loopback at 127.0.0.1: connects (docker-proxy)",
    "web from host's own address at 192.0.2.10: connects (DNAT)",
    "web from same network at 192.0.2.10: connects (docker-proxy)",
    "web from another network at 192.0.2.10: connects (docker-proxy)",
    "api from host's own address at 192.0.2.10: connects (DNAT)",
    "api from same network at 192.0.2.10: connects (docker-proxy)",
    "api from another network at 192.0.2.10: connects (docker-proxy)",
  ]);
});

test("nobody listens in the container: refused where it is asked, and still taken by docker-proxy", () => {
  const dead = called(({ containers }) => {
    const inside = containers[0]?.inside;
    if (inside != null) inside.sockets = [];
  });
  expect(dead.filter((line) => line.startsWith("web"))).toEqual([
    "web from host's loopback at 127.0.0.1: connects (docker-proxy)",
    "web from host's own address at 192.0.2.10: refused (nobody listens in the container)",
    "web from same network at 192.0.2.10: connects (docker-proxy)",
    "web from another network at 192.0.2.10: connects (docker-proxy)",
  ]);
});

test("what a container's own rules lead to another port is asked of who listens there", () => {
  const led = (port: number): string | undefined =>
    called(({ containers }) => {
      const inside = containers[0]?.inside;
      const rule = `-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports ${port}`;
      const text = ["*nat", ":PREROUTING ACCEPT [0:0]", rule, "COMMIT", ""].join("\n");
      if (inside == null) throw new Error("web runs");
      inside.tables = filtering(text)?.tables as typeof inside.tables;
      const [served] = inside.sockets.filter(({ local }) => local.port === 80);
      if (served !== undefined) inside.sockets.push({ ...served, local: { ...served.local, port: 15_006 } });
    })[1];
  expect(led(15_006)).toBe("web from host's own address at 192.0.2.10: connects (DNAT)");
  expect(led(15_001)).toBe("web from host's own address at 192.0.2.10: refused (nobody listens in the container)");
});

test("a host that takes nothing from containers blocks what docker-proxy would serve them", () => {
  const dropped = called(({ host }) => {
    const filter = host.filters?.tables.find(({ name }) => name === "filter");
    const input = filter?.chains.find(({ name }) => name === "INPUT");
    if (input?.base != null) input.base.policy = "drop";
  });
  expect(dropped.filter((line) => line.includes("blocked (iptables -t filter -P INPUT DROP)"))).toHaveLength(5);
  expect(dropped).toContain("web from host's own address at 192.0.2.10: connects (DNAT)");
});

test("a VPN's client answers by its own way: nothing is expected of it beyond its networks", () => {
  const [, own] = called(({ containers }) => {
    const inside = containers[0]?.inside;
    if (inside != null) inside.defaults = [{ family: 4, gateway: null, interface: "tun0" }];
  });
  expect(own).toBe("web from host's own address at 192.0.2.10: unknown (the container answers by another way)");
});

test("containers of ours go to networks that publish, and to the default one", () => {
  expect(networksToCallFrom(shop()).map(({ name }) => name)).toEqual(["bridge", "shop"]);
  const unpublished = shop();
  for (const container of unpublished.containers) container.ports = [];
  expect(networksToCallFrom(unpublished)).toEqual([]);
});
