import type { Cause } from "../model/cause.ts";
import type { HostState } from "../model/host-state.ts";
import type { LivingMap } from "../model/living-map.ts";
import type { Note } from "../model/note.ts";
import type { ReportedProbe, RequirementResult, Residue, Results } from "../model/results.ts";
import { SCHEMA_VERSION } from "../model/results.ts";
import type { Site } from "../model/site.ts";
import { judgeRun } from "./verdict.ts";

// Results for the tests of the reports. The outputs of the commands were captured from BusyBox 1.35 on Engine 20.10.24,
// with other addresses and names put in; times, findings and the host are made up.

function probe(parts: Partial<ReportedProbe> & Pick<ReportedProbe, "command">): ReportedProbe {
  const defaults = { role: "probe", vantage: "container dnc-7f3a-client", exitCode: 0, timedOut: false } as const;
  return { ...defaults, stdout: "", stderr: "", ms: 2, ...parts };
}

function requirement(parts: Partial<RequirementResult> & Pick<RequirementResult, "id">): RequirementResult {
  return {
    must: "A container MUST have a loopback interface",
    sources: [{ kind: "tutorial", document: "D1", section: "None networks" }],
    suite: "none",
    file: "suites/none/none.test.ts",
    tags: [],
    appliesTo: "every engine",
    needs: [],
    verdict: "pass",
    reason: "",
    durationMs: 12,
    probes: [],
    ...parts,
  };
}

const pingReply = probe({
  role: "control",
  command: "ping -c 1 -W 1 172.18.0.2",
  stdout: `PING 172.18.0.2 (172.18.0.2): 56 data bytes
64 bytes from 172.18.0.2: seq=0 ttl=64 time=0.431 ms

--- 172.18.0.2 ping statistics ---
1 packets transmitted, 1 packets received, 0% packet loss
round-trip min/avg/max = 0.431/0.431/0.431 ms
`,
});

/** A name that should resolve and does not. */
export const nameNotFound = requirement({
  id: "UDN-04",
  must: "Containers on one user-defined bridge MUST resolve each other by container name",
  sources: [
    {
      kind: "documentation",
      document: "docs/dns",
      section: "limits",
      words: "resolves the names of other containers",
      link: "https://example.org/dns.md#limits",
    },
    { kind: "Engine", document: "engine", section: "moby#20007", link: "https://example.org/20007" },
    { kind: "tutorial", document: "D1", section: "User-defined bridges" },
  ],
  suite: "user-defined bridge",
  file: "suites/user-defined-bridge/names.test.ts",
  verdict: "fail",
  reason: "the embedded DNS server answered NXDOMAIN",
  expected: "web resolves to 172.18.0.2",
  observed: "name not found",
  durationMs: 113,
  probes: [
    pingReply,
    probe({
      command: "nslookup web 127.0.0.11",
      exitCode: 1,
      stdout:
        "Server:\t\t127.0.0.11\nAddress:\t127.0.0.11:53\n\n** server can't find web: NXDOMAIN\n\n** server can't find web: NXDOMAIN\n\n",
      ms: 8,
    }),
    probe({ command: "cat /etc/resolv.conf", stdout: "nameserver 127.0.0.11\noptions ndots:0\n", ms: 1 }),
  ],
});

const FLUSHED = "the rules of chain DOCKER in table nat are gone: a firewall was reloaded after dockerd started";

const FLUSHED_CAUSE: Cause = {
  key: "Docker's rules are missing",
  what: FLUSHED,
  act: "a reload of the firewall",
  certainty: "seen",
  subjects: [{ kind: "container", name: "dnc-7f3a-web" }],
  evidence: ["missing: iptables -t nat -A DOCKER -p tcp --dport 32768 -j DNAT --to-destination 172.17.0.3:80"],
  remedies: [
    {
      what: "have dockerd make its rules, bridges and addresses anew",
      commands: ["systemctl restart docker"],
      cost: "It stops all 3 running containers; their restart policies start them again.",
      check: "npm test",
    },
  ],
};

/** A published port whose NAT rule is gone. */
export const dnatGone = requirement({
  id: "PORT-02",
  must: "A published port MUST be reachable at every address of the host",
  suite: "published ports",
  file: "suites/published-ports/reach.test.ts",
  verdict: "fail",
  reason: "the connection was refused although the container listens",
  expected: "host:32768/tcp replied",
  observed: "host:32768/tcp refused",
  likelyCause: FLUSHED,
  explanation: {
    causes: [FLUSHED_CAUSE],
    ways: [{ direction: "blocked", from: "the host", to: "published ports", by: "TCP" }],
    unread: [],
  },
  durationMs: 41,
  probes: [
    probe({ role: "control", command: "nc -w 1 172.17.0.3 80 </dev/null", ms: 1 }),
    probe({
      command: "nc -w 1 192.0.2.10 32768 </dev/null",
      vantage: "host",
      exitCode: 1,
      stderr: "nc: can't connect to remote host (192.0.2.10): Connection refused\n",
      ms: 3,
    }),
  ],
});

/** A reachability table with one wrong cell. */
export const leakyIsolation = requirement({
  id: "ISO-01",
  must: "Containers on different bridges MUST NOT reach each other by address",
  suite: "isolation",
  file: "suites/isolation/bridges.test.ts",
  verdict: "fail",
  reason: "1 of 6 paths differs",
  expected:
    "        web    client  stranger\nweb       .      yes      drop\nclient  yes       .       drop\nstranger drop   drop       .",
  observed:
    "        web    client  stranger\nweb       .      yes      drop\nclient  yes       .       yes\nstranger drop   drop       .",
  durationMs: 1032,
  probes: [pingReply],
});

/** A requirement that the engine's end left unmeasured. */
export const engineVanished = requirement({
  id: "CON-03",
  must: "A disconnected container MUST lose its interface on that network",
  suite: "connect and disconnect",
  file: "suites/connect/disconnect.test.ts",
  verdict: "error",
  reason: "the engine did not answer: connect ECONNREFUSED /var/run/docker.sock",
  durationMs: 5,
  probes: [
    probe({
      command: "POST /networks/dnc-7f3a-appnet/disconnect",
      vantage: "engine API",
      exitCode: null,
      stderr: "connect ECONNREFUSED /var/run/docker.sock",
      ms: 1,
    }),
  ],
});

const loopback = requirement({ id: "NONE-01" });
const oldEngine = "Engine 20.10.24 has no `firewall-backend` (28.1 and later)";

const passed = [
  loopback,
  requirement({ id: "NONE-02", must: "A container without network MUST have no default route" }),
];
const notApplicable = [
  requirement({ id: "PORT-09", suite: "published ports", verdict: "not applicable", reason: oldEngine }),
  requirement({ id: "PORT-10", suite: "published ports", verdict: "not applicable", reason: oldEngine }),
];
const skipped = [
  ...notApplicable,
  requirement({
    id: "HOST-31",
    suite: "host",
    verdict: "not run",
    reason: "iptables-save is not installed where dockerd runs",
    needs: ["host iptables"],
  }),
];
const waived = requirement({
  id: "HOST-08",
  suite: "host network",
  verdict: "waived",
  reason: "known and accepted until 2027-01: the VPN owns 172.17.0.0/16",
});

/** One run with these results, with counts and verdict as they follow from them. */
export function sampleRun(
  requirements: readonly RequirementResult[],
  parts: Partial<Omit<Results, "requirements" | "counts" | "verdict" | "summary" | "exitCode">> = {},
): Results {
  const residue: Residue = parts.residue ?? { state: "clean", items: [] };
  return {
    schemaVersion: SCHEMA_VERSION,
    suiteVersion: "0.1.0",
    runId: "7f3a",
    startedAt: "2026-11-21T23:40:52.000Z",
    durationMs: 41_230,
    selection: [],
    engine: {
      id: "QJ5N:WJ4Z:5LDY:2E2X:6PBB:EYPO:7RCM:Q6GA:HCSA:6D4O:LHSJ:Z3PD",
      version: "20.10.24+dfsg1",
      apiVersion: "1.41",
      endpoint: "unix:///var/run/docker.sock",
      os: "Debian GNU/Linux 12 (bookworm)",
      kernel: "6.18.44",
      architecture: "x86_64",
      firewallBackend: "",
      rootless: false,
      hostname: "vm-1",
      cpus: 2,
      memoryBytes: 25_277_837_312,
    },
    configuration: { bip: "172.17.0.1/16", mtu: 1450, "userland-proxy": false },
    configurationFile: {
      path: "/etc/docker/daemon.json",
      present: true,
      modifiedAt: "2026-11-21T20:00:00.000Z",
      changedAt: "2026-11-21T20:00:00.000Z",
      dockerdStartedAt: "2026-11-21T20:01:00.250Z",
      problems: [
        {
          kind: "duplicate key",
          key: "mtu",
          line: 3,
          column: 3,
          message: "the key stands once more below",
          refused: false,
        },
      ],
    },
    configurationKeys: {
      bip: { claimed: "172.17.0.1/16", origin: "file", effective: "172.17.0.1/16" },
      mtu: { claimed: 1450, origin: "flag", effective: 1450 },
      "userland-proxy": { claimed: false, origin: "file" },
      "fixed-cidr": { origin: "default", effective: null },
    },
    images: [
      { role: "busybox", reference: "dnc-busybox:1.35", id: "sha256:28761e840594", origin: "assembled" },
      { role: "nginx", reference: "nginx:alpine", id: "sha256:31611e5fc520", origin: "present" },
    ],
    cards: [],
    findings: [],
    notes: [],
    onlyInLab: 0,
    disturbances: [],
    errors: [],
    ...parts,
    residue,
    ...judgeRun({
      requirements,
      residue,
      errors: parts.errors ?? [],
      disturbances: parts.disturbances ?? [],
      onlyInLab: parts.onlyInLab ?? 0,
      complete: false,
    }),
    requirements,
  };
}

const poolNote: Note = {
  key: "few subnets in the pools",
  what: "The address pools have 2 of 31 subnets left.",
  todo: "Remove networks that nobody uses: docker network prune.",
  subjects: [{ kind: "host" }, { kind: "network", name: "shop_default" }],
};

export const conformantRun = sampleRun([...passed, ...notApplicable, waived], { notes: [poolNote] });

/** What no run on one host shows. */
export const inLab = requirement({ id: "MAC-05", suite: "macvlan", needs: ["second host"] });

/** What was judged passed, and something that this host could show was not run. */
export const partialRun = sampleRun([...passed, ...skipped, waived], { onlyInLab: 292 });

function hostState(line: string): HostState {
  return {
    links: [line],
    addresses: [line],
    routes: [line],
    "firewall rules": [line],
    sysctls: [line],
  };
}

/** One project with a broken container; each name and address is of this text. */
function livingOf(text: string): LivingMap {
  return {
    uplinks: [{ device: "eth0", addresses: [text] }],
    networks: [
      {
        name: text,
        driver: "bridge",
        device: "br-shop",
        subnets: ["172.20.0.0/16"],
        state: "right",
        internal: false,
        containers: [
          {
            name: text,
            project: text,
            status: "running",
            addresses: ["172.20.0.2"],
            ports: [{ text: `${text}:80 → 80/tcp`, state: "broken" }],
            state: "broken",
          },
        ],
      },
    ],
    stopped: [],
  };
}

/** A suite's containers on a network of theirs, beside each other and with one that joins; each name is of this text. */
function siteOf(text: string, file: string): Site {
  const names = { web: `${text}-web`, joined: `${text}-joined`, network: `${text}-appnet` };
  return {
    file,
    networks: [{ name: names.network, driver: "bridge", device: "", subnets: ["172.18.0.0/16"], internal: true }],
    containers: [
      {
        name: names.web,
        mode: null,
        networks: [
          { name: names.network, addresses: ["172.18.0.2"] },
          { name: "bridge", addresses: ["172.17.0.3"] },
        ],
        ports: [{ protocol: "tcp", hostAddress: "0.0.0.0", hostPort: 32768, containerPort: 80 }],
        nameServers: [text],
      },
      { name: names.joined, mode: `container:${names.web}`, networks: [], ports: [], nameServers: [] },
    ],
  };
}

export const brokenRun = sampleRun(
  [
    ...passed,
    nameNotFound,
    dnatGone,
    { ...dnatGone, id: "PORT-03" },
    leakyIsolation,
    engineVanished,
    ...skipped,
    waived,
  ],
  {
    living: livingOf("shop-web"),
    sites: [siteOf("dnc-7f3a", dnatGone.file)],
    hostState: hostState("iptables -t nat -N DOCKER"),
    cards: [
      {
        ...FLUSHED_CAUSE,
        effect: "The host can't reach published ports (TCP).",
        explains: ["PORT-02", "PORT-03"],
      },
    ],
    findings: [FLUSHED],
  },
);

export const residueRun = sampleRun(passed, {
  residue: { state: "left", items: ["network dnc-7f3a-appnet", "link br-01459dda2f0b on the host"] },
});

export const skippedRun = sampleRun(skipped);

export const emptyRun = sampleRun([], { engine: null, configuration: null, images: [] });

export const interruptedRun = sampleRun([...passed, nameNotFound], {
  disturbances: [{ kind: "interrupted", by: "SIGINT" }],
  residue: { state: "unknown", items: [] },
});

/** Text that breaks out of terminals, XML and Markdown where it is not tamed. */
export const HOSTILE =
  "\u001b[31mred\u001b[0m \u001b]0;title\u0007 nul\u0000 c1\u009b31m ]]> </failure><pass a=\"b\" c='d'> &amp; | cell\n# head\r\n`code` *b* _i_ [x](javascript:1) \ufffd \ud800 \ufffe \u202eevil";

/** The same, which ends a script in a page and begins another. */
const SCRIPT = `${HOSTILE}</script><script>alert(1)</script><img src=x onerror=alert(2)>"'--><!--`;

/** `HOSTILE` in every text of a run, and one line of a megabyte. */
export const hostileRun = sampleRun(
  [
    requirement({
      id: "EVIL-01",
      must: HOSTILE,
      suite: HOSTILE,
      file: HOSTILE,
      sources: [{ kind: "tutorial", document: HOSTILE, section: HOSTILE, words: HOSTILE }],
      verdict: "fail",
      reason: HOSTILE,
      expected: HOSTILE,
      observed: "x".repeat(1_000_000),
      likelyCause: HOSTILE,
      probes: [
        probe({ command: HOSTILE, vantage: HOSTILE, exitCode: 1, stdout: "y".repeat(1_000_000), stderr: HOSTILE }),
        probe({ command: "cat /dev/zero", exitCode: null, timedOut: true, stdout: `${HOSTILE}\n`.repeat(500) }),
      ],
    }),
    requirement({ id: "EVIL-02", suite: HOSTILE, verdict: "not run", reason: HOSTILE }),
  ],
  {
    living: { ...livingOf(SCRIPT), nameServers: [SCRIPT] },
    sites: [siteOf(SCRIPT, HOSTILE)],
    hostState: hostState(HOSTILE),
    cards: [
      {
        key: HOSTILE,
        what: HOSTILE,
        act: HOSTILE,
        certainty: "guessed",
        subjects: [{ kind: "container", name: HOSTILE }],
        evidence: [HOSTILE],
        remedies: [{ what: HOSTILE, commands: [HOSTILE], cost: HOSTILE, check: HOSTILE }],
        effect: HOSTILE,
        explains: ["EVIL-01"],
      },
    ],
    findings: [HOSTILE],
    notes: [{ key: HOSTILE, what: HOSTILE, todo: HOSTILE, subjects: [] }],
    errors: [HOSTILE],
    selection: [HOSTILE],
    configuration: { dns: [SCRIPT] },
    configurationKeys: { dns: { claimed: [SCRIPT], origin: "file", effective: SCRIPT } },
    configurationFile: {
      ...{ path: SCRIPT, present: true, modifiedAt: SCRIPT, changedAt: null, dockerdStartedAt: null },
      problems: [{ kind: "unknown key", key: SCRIPT, line: 1, column: 1, message: SCRIPT, refused: false }],
    },
    facts: { "default bridge": SCRIPT, "default bridge subnet": SCRIPT },
  },
);

/** Each of them by its name: what every output has to take. */
export const SAMPLE_RUNS = {
  conformantRun,
  partialRun,
  brokenRun,
  residueRun,
  skippedRun,
  emptyRun,
  interruptedRun,
  hostileRun,
};
