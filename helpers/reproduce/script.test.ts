import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { Inspected } from "../model/engine-answers.ts";
import type { MadeContainer, MadeNetwork } from "../topology/made.ts";
import type { Deed, Recorded } from "../vantage/recorder.ts";
import { type Recipe, scriptOf } from "./script.ts";
import { CannotReproduce } from "./steps.ts";

const front: MadeNetwork = {
  key: "front",
  name: "dnc-r1-shop-front",
  id: "f".repeat(64),
  subnet: "10.1.2.0/24",
  asked: {
    Name: "dnc-r1-shop-front",
    Driver: "bridge",
    IPAM: { Driver: "default", Config: [{ Subnet: "10.1.2.0/24" }] },
  },
};

function container(key: string, address: string, parts: Partial<MadeContainer["asked"]> = {}): MadeContainer {
  const name = `dnc-r1-shop-${key}`;
  const Networks = {
    [front.name]: { IPAddress: address, GlobalIPv6Address: "", Gateway: "10.1.2.1", IPv6Gateway: "" },
  };
  return {
    key,
    name,
    id: key.charCodeAt(0).toString(16).repeat(32),
    image: "busybox",
    asked: { networkMode: front.name, hostname: null, create: {}, host: { CapDrop: ["ALL"] }, ...parts },
    prelude: [],
    connected: [],
    restartable: false,
    inspected: () =>
      ({
        NetworkSettings: { Networks, Ports: {}, SandboxKey: "" },
        State: { StartedAt: "2026-01-01T00:00:00Z" },
      }) as unknown as Inspected,
  };
}

const web = container("web", "10.1.2.2");
const client = container("client", "10.1.2.20");
const idle = container("idle", "10.1.2.30");

function asked(from: MadeContainer | null, to: string, parts: Partial<Recorded> = {}): Recorded {
  const place = from === null ? { kind: "host" as const, name: "" } : { kind: "container" as const, name: from.name };
  return {
    role: "probe",
    expected: { outcomes: ["replied"] },
    evidence: {
      vantage: place.name,
      place,
      question: { kind: "reach", from: place, to, protocol: "icmp", port: null, size: null },
      outcome: "replied",
      command: `ping -c 1 -W 10 ${to}`,
      exitCode: 0,
      timedOut: false,
      stdout: "",
      stderr: "",
      ms: 1,
    },
    ...parts,
  };
}

function recipe(probes: readonly Recorded[], parts: Partial<Recipe> = {}): Recipe {
  return {
    id: "SHOP-01",
    must: "A container MUST reach another one",
    seen: ["It was seen."],
    failed: false,
    probes,
    deeds: [],
    containers: [web, client, idle],
    networks: [front],
    images: { busybox: "busybox:1.37", nginx: "nginx:1.28" },
    ...parts,
  };
}

function scriptFrom(...given: Parameters<typeof recipe>): string {
  const script = scriptOf(recipe(...given));
  execFileSync("sh", ["-n"], { input: script });
  return script;
}

describe("what is built", () => {
  test("only what the questions need, by names of its own, with addresses that the engine is asked for", () => {
    const script = scriptFrom([asked(client, "10.1.2.2")]);
    expect(script).toContain(`ask client 30 'replied' "" "ping -c 1 -W 10 $(address web)"`);
    expect(script).toContain('--name "$run-web"');
    expect(script).not.toContain("idle");
    expect(script).not.toMatch(/dnc-r1|10\.1\.2\.2(?!\d)|10\.1\.2\.20/);
    expect(script).toContain("--subnet 10.1.2.0/24");
  });

  test("an address is no beginning of another one", () => {
    expect(scriptFrom([asked(client, "10.1.2.200")])).toContain('"ping -c 1 -W 10 10.1.2.200"');
  });

  test("whoever publishes the port that is asked for", () => {
    const Ports = { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }] };
    const host = { PortBindings: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }] } };
    const shop: MadeContainer = {
      ...container("shop", "10.1.2.9", { host }),
      inspected: () =>
        ({
          NetworkSettings: { Networks: {}, Ports, SandboxKey: "" },
          State: { StartedAt: "2026-01-01T00:00:00Z" },
        }) as unknown as Inspected,
    };
    const probe = asked(null, "127.0.0.1");
    const question = {
      kind: "reach",
      from: { kind: "host", name: "" },
      to: "127.0.0.1",
      protocol: "tcp",
      port: 8080,
      size: null,
    } as const;
    const evidence = { ...probe.evidence, question, command: "wget -q -O - http://127.0.0.1:8080/" };
    const script = scriptFrom([{ ...probe, evidence }], { containers: [shop] });
    expect(script).toContain("--publish 0.0.0.0:8080:80/tcp");
    expect(script).toContain("ask engine-host 30 'replied'");
  });

  test("whoever is joined comes first, and what an address refers to", () => {
    const joined = container("a", "", { networkMode: `container:${web.id}` });
    const script = scriptFrom([asked(joined, "10.1.2.20")], { containers: [joined, web, client] });
    expect(script.indexOf('--name "$run-web"')).toBeLessThan(script.indexOf('--name "$run-a"'));
    expect(script).toContain('--network "container:$(id web)"');
  });

  test("text that a shell would read stays text", () => {
    const hostile: MadeContainer = { ...web, prelude: ['echo "$HOME" `id` \\n'] };
    expect(scriptFrom([asked(client, "10.1.2.2")], { containers: [hostile, client] })).toContain(
      'echo \\"\\$HOME\\" \\`id\\` \\\\n',
    );
  });
});

describe("what is asked", () => {
  test("once what was asked again with more patience, and the control is called one", () => {
    const denied = asked(client, "10.1.2.2", { expected: { outcomes: ["timed out", "refused"] } });
    const script = scriptFrom([denied, denied, asked(web, "10.1.2.20", { role: "control" })]);
    expect(script.match(/^ask client 5 'timed out\|refused'/gm)).toHaveLength(1);
    expect(script).toMatch(/^ask web 30 .*# the control/m);
  });

  test("with what the engine was asked to change in between, in its place", () => {
    const deed: Deed = {
      method: "POST",
      path: `/networks/${front.id}/disconnect`,
      body: { Container: web.id },
      after: 1,
    };
    const script = scriptFrom([asked(client, "10.1.2.2"), asked(client, "10.1.2.30")], { deeds: [deed] });
    expect(script).toMatch(
      /address web.*\ndocker network disconnect "\$run-front" "\$\(id web\)".*\nask client .*address idle/,
    );
  });
});

test.each([
  [
    "reads",
    [asked(client, "10.1.2.2", { evidence: { ...asked(client, "").evidence, stdout: "" } })].map(
      ({ expected: _, ...rest }) => rest,
    ),
    {},
    /asks nothing about reach/,
  ],
  [
    "a deed without a command",
    [asked(client, "10.1.2.2")],
    { deeds: [{ method: "POST", path: "/containers/create", body: {}, after: 0 }] },
    /more than a plain command/,
  ],
  ["a failure that no question shows", [asked(client, "10.1.2.2")], { failed: true }, /what failed is not/],
  [
    "a field without an option",
    [asked(client, "10.1.2.2")],
    { containers: [web, container("client", "10.1.2.20", { host: { OomScoreAdj: 5 } })] },
    /no option .*OomScoreAdj/,
  ],
] as const)("%s: there is no script, and the reason is told", (_, probes, parts, why) => {
  expect(() => scriptOf(recipe(probes, parts))).toThrow(CannotReproduce);
  expect(() => scriptOf(recipe(probes, parts))).toThrow(why);
});
