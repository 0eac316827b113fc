import { expect, test } from "vitest";
import type { KernelSocket } from "../probes/parse/parse-proc-net-tcp.ts";
import { auditExposure, type Exposure, exposureOf } from "./exposure.ts";
import { lookOf, recordedHosts } from "./testing/recorded.ts";
import { filtering, RULES, shop } from "./testing/shop.ts";

function exposed(breaks: (snapshot: ReturnType<typeof shop>) => void): readonly Exposure[] {
  const snapshot = shop();
  breaks(snapshot);
  return exposureOf(snapshot);
}

/** `5432/tcp of api: yes, yes, no, no` in the order of those who ask. */
function lineOf({ container, port, from }: Exposure): string {
  return `${port} of ${container}: ${Object.values(from)
    .map((access) => access?.standing ?? "nobody")
    .join(", ")}`;
}

/** Somebody in api waits at a port that nobody publishes. */
function listening({ containers }: ReturnType<typeof shop>, parts: Partial<KernelSocket["local"]> = {}): void {
  const [served] = containers[1]?.inside?.sockets ?? [];
  if (served === undefined) throw new Error("api serves");
  containers[1]?.inside?.sockets.push({ ...served, local: { address: "0.0.0.0", port: 5432, ...parts } });
}

const INTO_USER = "-A FORWARD -j DOCKER-USER";

/** The shop's rules with others in front of what leads to DOCKER-USER. */
function byUser(...lines: readonly string[]) {
  return filtering(RULES.replace(INTO_USER, [...lines, INTO_USER].join("\n"))) as ReturnType<
    typeof shop
  >["host"]["filters"];
}

test("a healthy host: everybody reaches what is published, its own network what is not", () => {
  expect(exposed(listening).map(lineOf)).toEqual([
    "18080/tcp of web: connects, connects, connects, connects",
    "192.0.2.10:19091/tcp of api: connects, connects, connects, connects",
    "5432/tcp of api: connects, connects, blocked, blocked",
  ]);
});

test("what listens on the loopback, or waits for an answer, is nobody's to reach", () => {
  expect(exposed((snapshot) => listening(snapshot, { address: "127.0.0.1" }))).toHaveLength(2);
  const waiting = exposed((snapshot) => {
    listening(snapshot, { port: 40_000 });
    const last = snapshot.containers[1]?.inside?.sockets.at(-1);
    if (last !== undefined) Object.assign(last, { protocol: "udp", state: "UNCONNECTED" });
  });
  expect(waiting).toHaveLength(2);
});

test("a rule that opens one network to another is a surprise, though others are kept out", () => {
  const rows = exposed((snapshot) => {
    listening(snapshot);
    const opened = RULES.replace(INTO_USER, `-A FORWARD -i docker0 -o br-fc57f91b6867 -j ACCEPT\n${INTO_USER}`);
    // What the engine drops before, for api publishes a port.
    const rules = opened.replace(/^-A PREROUTING -d 10\.44\.0\.2.*\n/m, "");
    snapshot.host.filters = filtering(rules) as typeof snapshot.host.filters;
  });
  expect(rows[0]).toMatchObject({ port: "5432/tcp", surprise: "across networks" });
  expect(rows[0]?.rules).toContain("iptables -t filter -A FORWARD -i docker0 -o br-fc57f91b6867 -j ACCEPT");
  expect(rows[0]?.from.otherMachines?.standing).toBe("blocked");
});

test("a rule in DOCKER-USER about the host's port stops nobody, and is told as that", () => {
  const snapshot = shop();
  snapshot.host.filters = byUser("-A DOCKER-USER -p tcp -m tcp --dport 18080 -j DROP");
  expect(exposureOf(snapshot)[0]).toMatchObject({ container: "web", despite: { of: "DOCKER-USER" } });
  const { notes } = auditExposure(snapshot);
  expect(notes.map(({ key }) => key)).toEqual(["open-despite-docker-user"]);
  expect(notes[0]?.todo).toContain("--ctorigdstport 18080");
});

test("a list of who may come in DOCKER-USER, by the container's port, is what it says", () => {
  const snapshot = shop();
  snapshot.host.filters = byUser(
    "-A DOCKER-USER -i eth0 -p tcp -m tcp --dport 80 -j RETURN",
    "-A DOCKER-USER -i eth0 -j DROP",
  );
  expect(exposureOf(snapshot).map(({ despite }) => despite)).toEqual([null, null]);
  snapshot.host.filters = byUser("-A DOCKER-USER ! -s 192.168.0.0/16 -i eth0 -j DROP");
  expect(exposureOf({ ...snapshot }).map(({ from }) => from.otherMachines?.standing)).toEqual(["some", "some"]);
});

test("of a container in host mode those of the host's sockets that its processes have, else that nobody can tell", () => {
  const hosted = (held?: readonly number[]): string[] =>
    exposed(({ containers, host }) => {
      const [web] = containers;
      if (web === undefined) throw new Error("web runs");
      Object.assign(
        web,
        { networkMode: "host", endpoints: [], ports: [] },
        held === undefined ? {} : { heldSockets: held },
      );
      const [served] = host.sockets;
      if (served !== undefined) host.sockets.push({ ...served, local: { address: "0.0.0.0", port: 9100 }, inode: 77 });
    }).map(lineOf);
  expect(hosted([77])).toContain("9100/tcp of web: connects, nobody, connects, connects");
  expect(hosted([])).toHaveLength(1);
  expect(hosted()).toContain("any of web: unknown, nobody, unknown, unknown");
});

test("before Engine 28 neighbours reach what is published at the loopback (moby#45610), since then they don't", () => {
  const admins = recordedHosts().map(({ recorded }) => {
    const [row] = exposureOf(lookOf(recorded)).filter(({ port }) => port === "127.0.0.1:8182/tcp");
    return row?.from.otherMachines?.standing;
  });
  expect(admins).toEqual(["connects", "blocked"]);
});
