import { expect, test } from "vitest";
import type { Results } from "../model/results.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import { type BundleParts, bundleFiles } from "./bundle.ts";
import { brokenRun } from "./sample-results.ts";

/** Everything that nobody else is to learn. */
const SECRETS = [
  "s3cret",
  "t0ken",
  "acme",
  "ops-laptop",
  "jane",
  "10.20.30.40",
  "fd00:77::2",
  "0a:14:1e:28:00:02",
  "registry.corp.example",
];

const RESULTS = {
  ...brokenRun,
  images: [{ role: "busybox", reference: "registry.corp.example:5000/busybox:1", id: "sha256:1", origin: "pulled" }],
} as const;

const SNAPSHOT = {
  facts: {
    engine: { hostname: "db1.acme.example" },
    configuration: { "dns-search": ["corp.acme.example"] },
    host: null,
  },
  began: 1,
  extra: { counted: 12n, chains: new Map([["acme", 1]]) },
  containers: [
    {
      name: "acme-web",
      project: "acme",
      inside: { hostsFile: "127.0.0.1 localhost\n10.20.30.40 acme-ledger\n", resolvConf: "search acme.internal\n" },
    },
  ],
  networks: [{ Name: "acme_default", Id: "0123456789abcdef", Labels: { token: "t0ken" } }],
  own: { addresses: new Set(["10.20.30.40"]), subnets: [], devices: new Set(), hostPorts: new Set() },
  host: null,
} as unknown as LivingSnapshot;

const PARTS: BundleParts = {
  reports: new Map([
    ["results.json", JSON.stringify(RESULTS)],
    ["summary.md", "acme-web at 10.20.30.40 (0a:14:1e:28:00:02), https://jane:s3cret@git.acme.example/x, ops-laptop"],
    ["reproduce/PORT-24.sh", "docker run --dns 172.17.0.2 registry.corp.example:5000/busybox:1 # acme-web"],
    ["walks/PORT-24.json", JSON.stringify({ to: "fd00:77::2", from: "acme-web" })],
  ]),
  results: RESULTS,
  snapshot: SNAPSHOT,
  log: 'time=1 level=error msg="pull of acme" image="registry.corp.example/secret-shop" name=acme-hidden HTTP_PROXY=http://u:s3cret@10.20.30.40:3128',
  own: { hostname: "ops-laptop", user: "jane" },
  versions: { suite: "1", engine: "28.5.2" },
  missing: [],
};

test("no credential, name or address is in any file", () => {
  for (const [path, text] of bundleFiles(PARTS))
    for (const secret of [...SECRETS, "secret-shop"]) expect(text, `${secret} in ${path}`).not.toContain(secret);
});

test("the same thing has the same stand-in in every file, and a script still has its addresses", () => {
  const files = bundleFiles(PARTS);
  const [, stand] = /from": "(container-\d+)"/.exec(files.get("reports/walks/PORT-24.json") ?? "") ?? [];
  expect(stand).toBeDefined();
  expect(files.get("reports/summary.md")).toContain(`${stand} at `);
  expect(files.get("snapshot.json")).toContain(`"name": "${stand}"`);
  expect(files.get("reports/reproduce/PORT-24.sh")).toContain("--dns 172.17.0.2");
  expect(files.get("versions.json")).toContain("28.5.2");
});

test("what is missing is told, and no file stands for it", () => {
  const files = bundleFiles({ ...PARTS, snapshot: null, log: null, missing: ["dockerd's log: nobody keeps it"] });
  expect(files.get("README.txt")).toContain("Missing: dockerd's log: nobody keeps it.");
  expect([...files.keys()]).not.toContain("dockerd.log");
});

test("what ran when the run began is hidden, also where it is gone by now, and what somebody wrote beside a rule", () => {
  const rule = 'iptables -t filter -A INPUT -m comment --comment "acme audit \\"Q3\\"" -j DROP';
  const container = { project: "gone-stack", status: "running", addresses: [], ports: [], state: "right" as const };
  const results: Results = {
    ...RESULTS,
    hostState: { links: [], addresses: [], routes: [], "firewall rules": [rule], sysctls: [] },
    living: { uplinks: [], networks: [], stopped: [{ ...container, name: "gone-ledger" }] },
  };
  const reports = new Map([["results.json", JSON.stringify(results)]]);
  const text = bundleFiles({ ...PARTS, results, reports }).get("reports/results.json") ?? "";
  for (const secret of ["gone-ledger", "gone-stack", "audit"]) expect(text).not.toContain(secret);
  expect(text).toContain("-j DROP");
});
