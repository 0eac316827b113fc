import { describe, expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import type { BridgeKind } from "../model/facts.ts";
import { type PortVantage, portService, servedElsewhere } from "./port-service.ts";

const VANTAGES: PortVantage[] = [
  "outside",
  "host loopback",
  "host address",
  "own container",
  "same network",
  "other network",
];

/** One line per vantage, as a report would print it. */
function table(version: string, configuration = {}, host = {}) {
  return VANTAGES.map((vantage) => {
    const { outcome, by, source } = portService(factsOf(version, configuration, host), vantage);
    return `${vantage}: ${outcome} by ${by}, source ${source}`;
  });
}

const GATEWAY = "gateway of the server's network";

describe("a port published on every address", () => {
  test.each(["20.10.24", "26.1.5", "28.5.2"])("on Engine %s, as measured there", (version) => {
    expect(table(version)).toEqual([
      "outside: replied by DNAT, source client",
      `host loopback: replied by docker-proxy, source ${GATEWAY}`,
      "host address: replied by DNAT, source client",
      `own container: replied by docker-proxy, source ${GATEWAY}`,
      `same network: replied by docker-proxy, source ${GATEWAY}`,
      `other network: replied by docker-proxy, source ${GATEWAY}`,
    ]);
  });

  test.each(["20.10.24", "26.1.5", "28.5.2"])("on Engine %s without userland proxy, as measured there", (version) => {
    expect(table(version, { "userland-proxy": false })).toEqual([
      "outside: replied by DNAT, source client",
      `host loopback: replied by DNAT, source ${GATEWAY}`,
      `host address: replied by DNAT, source ${GATEWAY}`,
      `own container: replied by DNAT, source ${GATEWAY}`,
      "same network: replied by DNAT, source client",
      "other network: timed out by nobody, source none",
    ]);
  });

  test("a host that denies by default keeps containers off docker-proxy where it was found to, and nobody off DNAT", () => {
    const defaultDenial = "chain INPUT has the policy DROP";
    const open = table("28.5.2", {}, { defaultDenial, keepsOut: [] });
    expect(open).toEqual(table("28.5.2"));
    const shut = table("28.5.2", {}, { defaultDenial, keepsOut: ["user-defined network"] });
    expect(shut.slice(0, 3)).toEqual(open.slice(0, 3));
    expect(shut.slice(3).map((line) => line.split(":")[1])).toEqual(
      Array.from({ length: 3 }, () => " unknown by unknown, source unknown"),
    );
    const facts = factsOf("28.5.2", {}, { defaultDenial, keepsOut: ["default bridge"] });
    expect(portService(facts, "own container").outcome).toBe("replied");
    expect(portService(facts, "own container", "default bridge").why).toContain(defaultDenial);
    const direct = factsOf(
      "28.5.2",
      { "userland-proxy": false },
      { defaultDenial, keepsOut: ["user-defined network"] },
    );
    expect(portService(direct, "own container").outcome).toBe("replied");
  });

  test("without userland proxy a closed bridge does not serve its own containers, be it the default one or a user-defined one", () => {
    const off = { "userland-proxy": false };
    const asked = (configuration: object, on: BridgeKind) =>
      (["own container", "same network", "outside"] as const).map(
        (vantage) => portService(factsOf("28.5.2", { ...off, ...configuration }), vantage, on).outcome,
      );
    const closedNetworks = { "default-network-opts": { bridge: { "com.docker.network.bridge.enable_icc": "false" } } };
    expect(asked({ icc: false }, "default bridge")).toEqual(["timed out", "timed out", "replied"]);
    expect(asked({ icc: false }, "user-defined network")).toEqual(["replied", "replied", "replied"]);
    expect(asked(closedNetworks, "user-defined network")).toEqual(["timed out", "timed out", "replied"]);
    expect(asked(closedNetworks, "default bridge")).toEqual(["replied", "replied", "replied"]);
  });

  test("on Engine 29 other networks are served in the kernel, whichever backend holds the rules", () => {
    for (const configuration of [{}, { "userland-proxy": false }]) {
      const facts = factsOf("29.0.0", configuration);
      for (const firewallBackend of ["iptables", "nftables"]) {
        const service = portService({ ...facts, engine: { ...facts.engine, firewallBackend } }, "other network");
        expect(service).toMatchObject({ outcome: "replied", by: "DNAT" });
      }
    }
  });

  test("without iptables is docker-proxy's for everybody", () => {
    for (const line of table("28.5.2", { iptables: false })) expect(line).toContain(`docker-proxy, source ${GATEWAY}`);
  });

  test("is judged on no rootless engine, and where a router on the bridge gets the answers on none", () => {
    const facts = factsOf("28.5.2");
    expect(servedElsewhere(facts)).toBeNull();
    expect(servedElsewhere(factsOf("28.5.2", { "default-gateway": "172.17.0.9" }))).toContain("172.17.0.9");
    expect(servedElsewhere({ ...facts, engine: { ...facts.engine, rootless: true } })).toContain("RootlessKit");
  });

  test("is unknown where nothing was measured", () => {
    expect(portService(factsOf("28.5.2", { iptables: false, "userland-proxy": false }), "outside").outcome).toBe(
      "unknown",
    );
    expect(table("28.5.2", { "userland-proxy": false }, { bridgeNfCallIptables: null })[4]).toContain("unknown");
    const facts = factsOf("29.0.0");
    expect(portService({ ...facts, engine: { ...facts.engine, rootless: true } }, "outside").outcome).toBe("unknown");
  });
});
