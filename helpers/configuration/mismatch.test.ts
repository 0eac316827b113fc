import { describe, expect, test } from "vitest";
import { CAPTURE_HOST, factsOf } from "../model/captured/facts.ts";
import type { Claims, FileProblem, NetworkConfiguration } from "../model/configuration-facts.ts";
import type { ConfigurationFileFacts, Facts, HostFacts } from "../model/facts.ts";
import { withoutEffect } from "./keys/index.ts";
import { causeOfClaim, causeOfEffect, fileChangedAfterStart, mismatches, staleFile } from "./mismatch.ts";

const STARTED = "2026-11-24T12:00:00.400Z";
const BEFORE = "2026-11-24T11:00:00.000Z";
const AFTER = "2026-11-24T12:12:00.000Z";

/** What an engine without any networking key tells. */
const DEFAULTS = {
  "live-restore": false,
  experimental: false,
  "default-address-pools": [],
  bridge: "docker0",
  bip: "172.17.0.1/16",
  "fixed-cidr": null,
  "default-gateway": null,
  mtu: 1500,
  icc: true,
  "ip-masq": true,
  ip: "0.0.0.0",
  ipv6: false,
};

interface Case {
  readonly version?: string;
  readonly file?: NetworkConfiguration;
  readonly claims?: Claims;
  readonly effective?: object;
  readonly changedAt?: string;
  readonly problems?: readonly FileProblem[];
  readonly host?: Partial<HostFacts>;
}

function host({
  version = "28.5.2",
  file = {},
  claims,
  effective,
  changedAt = BEFORE,
  problems = [],
  host = {},
}: Case): Facts {
  const configurationFile: ConfigurationFileFacts = {
    path: "/etc/docker/daemon.json",
    present: true,
    modifiedAt: changedAt,
    changedAt,
    problems,
  };
  return {
    ...factsOf(version, file),
    host: { ...CAPTURE_HOST, dockerdStartedAt: STARTED, ...host },
    claims: claims ?? Object.fromEntries(Object.entries(file).map(([key, value]) => [key, { value, origin: "file" }])),
    effective: { ...DEFAULTS, ...effective },
    configurationFile,
  };
}

const refused: FileProblem = { kind: "invalid JSON", key: null, line: 1, column: 1, message: "", refused: true };

describe("mismatches", () => {
  test("none on a host without a file, nor on one whose engine has what its file asks for", () => {
    expect(mismatches(host({}))).toEqual([]);
    const file = { bip: "10.9.0.1/24", mtu: 1400, icc: false, "fixed-cidr": "10.9.0.7/25" };
    const effective = { bip: "10.9.0.1/24", mtu: 1400, icc: false, "fixed-cidr": "10.9.0.0/25" };
    expect(mismatches(host({ file, effective }))).toEqual([]);
  });
  test("a key that the engine has otherwise, and one that it has though nothing asks for it", () => {
    expect(mismatches(host({ file: { bip: "10.9.0.1/24" }, effective: { mtu: 1400 } }))).toEqual([
      { key: "bip", claimed: "10.9.0.1/24", effective: "172.17.0.1/16" },
      { key: "mtu", claimed: undefined, effective: 1400 },
    ]);
  });
  test("a subnet that nothing asks for is the engine's own choice", () =>
    expect(mismatches(host({ effective: { bip: "10.8.0.1/24" } }))).toEqual([]));
  test("what the engine does not tell is no mismatch", () =>
    expect(mismatches(host({ file: { dns: ["10.0.0.53"], "userland-proxy": false } }))).toEqual([]));
  test("without iptables nothing is masqueraded", () =>
    expect(mismatches(host({ file: { iptables: false }, effective: { "ip-masq": false } }))).toEqual([]));
  test("nothing is known without the host's view, or without dockerd's process", () => {
    const { configurationFile, ...blind } = host({ effective: { mtu: 1400 } });
    expect(configurationFile).toBeDefined();
    expect(mismatches(blind)).toEqual([]);
    expect(mismatches(host({ effective: { mtu: 1400 }, host: { dockerdPid: null } }))).toEqual([]);
  });
});

describe("causeOfClaim", () => {
  const file = { bip: "10.9.0.1/24" };
  test.each<[string, Case, string[], string]>([
    ["edited and not restarted", { file, changedAt: AFTER }, [], "not restarted"],
    ["edited while containers of live-restore run", { file, changedAt: AFTER }, ["web"], "not restarted"],
    ["kept by live-restore", { file, effective: { "live-restore": true } }, ["web"], "kept by live-restore"],
    [
      "a flag beside it",
      { claims: { bip: { value: "10.1.0.1/24", origin: "flag", alsoInFile: file.bip } } },
      [],
      "flag beside the file",
    ],
    ["no JSON any more", { changedAt: AFTER, problems: [refused] }, [], "file is refused"],
    ["no default bridge", { file: { ...file, bridge: "none" } }, [], "no effect beside other keys"],
    ["nothing to be seen", { file }, [], "unknown"],
  ])("%s", (_, given, olderContainers, kind) =>
    expect(causeOfClaim("bip", host(given), { olderContainers }).kind).toBe(kind),
  );
  test("a key of a later version", () => {
    const cause = causeOfClaim("bip6", host({ version: "20.10.24", file: { bip6: "fd00::1/64" } }));
    expect(cause.kind).toBe("key of another version");
    expect(cause.text).toContain("came with Engine 28.0, and this is 20.10.24");
  });
  test("live-restore keeps the default bridge and nothing else", () =>
    expect(
      causeOfClaim("experimental", host({ file: { experimental: true } }), { olderContainers: ["web"] }).kind,
    ).toBe("unknown"));
  test("says when and what to do", () =>
    expect(causeOfClaim("bip", host({ file, changedAt: AFTER })).text).toBe(
      "/etc/docker/daemon.json was changed 12 min after dockerd's start, and no networking key is read again without a restart: restart dockerd, or take the change back",
    ));
});

describe("causeOfEffect", () => {
  const taken = { file: { icc: false }, effective: { icc: false } };
  test.each<[string, Case, boolean, string]>([
    [
      "br_netfilter is not loaded",
      { ...taken, host: { bridgeNfCallIptables: null } },
      false,
      "not enforced by the kernel",
    ],
    [
      "bridge-nf-call-iptables is 0",
      { ...taken, host: { bridgeNfCallIptables: false } },
      false,
      "not enforced by the kernel",
    ],
    ["the rule is gone", taken, true, "rules missing"],
    ["nothing of these", taken, false, "changed behind dockerd's back"],
    ["the engine has not taken it", { file: { icc: false }, changedAt: AFTER }, false, "not restarted"],
  ])("%s", (_, given, rulesMissing, kind) =>
    expect(causeOfEffect("icc", host(given), { rulesMissing }).kind).toBe(kind),
  );
  test("a key that the engine does not tell, in a file changed after its start", () =>
    expect(causeOfEffect("dns", host({ file: { dns: ["10.0.0.53"] }, changedAt: AFTER })).kind).toBe("not restarted"));
  test("a key that the engine does not tell, in a file that it has read", () =>
    expect(causeOfEffect("dns", host({ file: { dns: ["10.0.0.53"] } })).kind).toBe("changed behind dockerd's back"));
});

describe("staleFile", () => {
  test("nothing to say of a file that dockerd has read, nor of a change that asks for what it has", () => {
    expect(staleFile(host({ file: { mtu: 1400 }, effective: { mtu: 1400 } }))).toBeNull();
    expect(staleFile(host({ file: { mtu: 1400 }, effective: { mtu: 1400 }, changedAt: AFTER }))).toBeNull();
  });
  test("names what differs", () =>
    expect(staleFile(host({ file: { mtu: 1400 }, changedAt: AFTER, effective: { icc: false } }))?.text).toMatch(
      /was changed 12 min after .*\(mtu: 1400 in the file, 1500 in dockerd; icc: not set in the file, false in dockerd\)$/,
    ));
  test("a file that the next start fails with", () =>
    expect(staleFile(host({ problems: [refused] }))?.text).toContain("the next restart fails"));
  test("a key that is also a flag", () =>
    expect(staleFile(host({ claims: { mtu: { value: 1300, origin: "flag", alsoInFile: 1400 } } }))?.kind).toBe(
      "flag beside the file",
    ));
});

describe("fileChangedAfterStart", () => {
  test.each([
    [BEFORE, "no"],
    [AFTER, "yes"],
    ["2026-11-24T12:00:00.000Z", "unknown"],
    ["2026-11-24T12:00:01.000Z", "unknown"],
  ])("%s: %s", (changedAt, answer) => expect(fileChangedAfterStart(host({ changedAt }))).toBe(answer));
  test("unknown where nobody knows dockerd's start", () =>
    expect(fileChangedAfterStart(host({ changedAt: AFTER, host: { dockerdStartedAt: null } }))).toBe("unknown"));
});

describe("withoutEffect", () => {
  test.each([
    ["bip6", {}, "IPv6"],
    ["mtu", { bridge: "none" }, "no default bridge"],
    ["ip-masq", { iptables: false }, "no rule"],
    ["ip-forward-no-drop", { "ip-forward": false }, "forwarding"],
  ] as const)("%s beside %o", (key, configuration, words) =>
    expect(withoutEffect(key, factsOf("28.5.2", configuration))).toContain(words),
  );
  test("null where it has one", () => expect(withoutEffect("mtu", factsOf("28.5.2"))).toBeNull());
});
