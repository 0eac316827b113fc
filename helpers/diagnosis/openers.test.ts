import { expect, test } from "vitest";
import type { AskedQuestion } from "../model/question.ts";
import { readIptables } from "../snapshot/firewall/read-iptables.ts";
import { bridgesOf, endpointsOf, type Snapshot } from "../snapshot/snapshot.ts";
import { healthy } from "./checks/testing/healthy.ts";
import { openersOf } from "./openers.ts";

/** The healthy host, a container on one of its bridges, and these rules as all that its firewall has. */
function town(rules: (device: string) => readonly string[]): { snapshot: Snapshot; question: AskedQuestion } {
  const snapshot = healthy();
  if (snapshot.host === null) throw new Error("the captured snapshot has no host");
  for (const container of snapshot.containers)
    for (const { name, settings } of endpointsOf(container)) {
      const bridge = bridgesOf(snapshot).find((one) => one.name === name && !one.internal);
      if (bridge === undefined || settings.IPAddress === "") continue;
      const saved = ["*filter", ":FORWARD ACCEPT [0:0]", ":DOCKER-USER - [0:0]", ":DOCKER-ISOLATION-STAGE-1 - [0:0]"];
      const tables = readIptables(`${[...saved, ...rules(bridge.device), "COMMIT"].join("\n")}\n`, "iptables");
      const host = { ...snapshot.host, filters: { tables, unread: [] } };
      const from = { kind: "container", name: container.name } as const;
      const question = { kind: "reach", from, to: "203.0.113.9", protocol: "tcp", port: 443, size: null } as const;
      return { snapshot: { ...snapshot, host } as Snapshot, question };
    }
  throw new Error("the captured snapshot has no container on a bridge");
}

const JUMPS = ["-A FORWARD -j DOCKER-USER", "-A FORWARD -j DOCKER-ISOLATION-STAGE-1"];
const drop = (device: string) => `-A DOCKER-ISOLATION-STAGE-1 -i ${device} ! -o ${device} -j DROP`;

function openers(rules: (device: string) => readonly string[]): (string | undefined)[] {
  const { snapshot, question } = town(rules);
  return openersOf(snapshot, question).map(({ rule }) => rule?.text);
}

test("an accept before the engine's own drop is what opens, in its own chain or the operator's", () => {
  expect(openers((device) => ["-A FORWARD -j ACCEPT", ...JUMPS, drop(device)])).toEqual(["-A FORWARD -j ACCEPT"]);
  expect(openers((device) => [...JUMPS, "-A DOCKER-USER -p tcp -j ACCEPT", drop(device)])).toEqual([
    "-A DOCKER-USER -p tcp -j ACCEPT",
  ]);
});

test("of several all are named: each alone would open it", () => {
  expect(openers((device) => ["-A FORWARD -j ACCEPT", ...JUMPS, "-A DOCKER-USER -j ACCEPT", drop(device)])).toEqual([
    "-A FORWARD -j ACCEPT",
    "-A DOCKER-USER -j ACCEPT",
  ]);
});

test("no accept is to blame where no rule of the engine's would drop it, where it is about others, or is only possible", () => {
  expect(openers(() => ["-A FORWARD -j ACCEPT", ...JUMPS])).toEqual([]);
  expect(openers((device) => ["-A FORWARD -p udp -j ACCEPT", ...JUMPS, drop(device)])).toEqual([]);
  expect(
    openers((device) => ["-A FORWARD -m statistic --mode random --probability 0.5 -j ACCEPT", ...JUMPS, drop(device)]),
  ).toEqual([]);
  expect(openers((device) => [...JUMPS, drop(device)])).toEqual([]);
});

test("before 28.0 what keeps a bridge's containers apart is the engine's as well, where its network is to be so", () => {
  const { snapshot, question } = town((device) => [
    "-A FORWARD -p tcp -j ACCEPT",
    `-A FORWARD -i ${device} -o ${device} -j DROP`,
  ]);
  const name = question.from.kind === "container" ? question.from.name : "";
  const container = snapshot.containers.find((one) => one.name === name);
  const [endpoint] = container === undefined ? [] : endpointsOf(container);
  const neighbour = endpoint?.settings.IPAddress.replace(/\d+$/, "200") ?? "";
  const somebody = {
    Name: "somebody",
    EndpointID: "",
    MacAddress: "",
    IPv4Address: `${neighbour}/16`,
    IPv6Address: "",
  };
  const asked = { ...question, to: neighbour } as AskedQuestion;
  const openers = (icc: string) => {
    const networks = snapshot.networks.map((network) =>
      network.Name === endpoint?.name
        ? {
            ...network,
            Containers: { ...network.Containers, somebody },
            Options: { ...network.Options, "com.docker.network.bridge.enable_icc": icc },
          }
        : network,
    );
    return openersOf({ ...snapshot, networks }, asked).map(({ rule }) => rule?.text);
  };
  expect(openers("true")).toEqual([]);
  expect(openers("false")).toEqual(["-A FORWARD -p tcp -j ACCEPT"]);
});
