import type { Results } from "../model/results.ts";
import type { LivingSnapshot } from "../snapshot/living.ts";
import { giveHost, giveMap } from "./redact.ts";
import { Redactor } from "./redactor.ts";

/** What a bundle is made of; what could not be had is missing. */
export interface BundleParts {
  /** Files of the reports' folder, by their paths in it. */
  readonly reports: ReadonlyMap<string, string>;
  readonly results: Results | null;
  /** What runs on the engine now. */
  readonly snapshot: LivingSnapshot | null;
  /** The last lines of dockerd's log. */
  readonly log: string | null;
  /** Names of this machine and of who sits at it. */
  readonly own: { readonly hostname: string; readonly user: string };
  readonly versions: Readonly<Record<string, string>>;
  /** What is missing, each with the reason. */
  readonly missing: readonly string[];
}

/** `name=shop-web`, `image="registry.example/shop"` in dockerd's log: whatever the value, it is somebody's. */
const NAMED_IN_LOG = /\b(image|name|container_name|remote|hostname|domain|endpoint)=("(?:[^"\\]|\\.)*"|[^\s"]+)/g;

/** The files of a bundle by their paths, without credentials, names and addresses. */
export function bundleFiles(parts: BundleParts): ReadonlyMap<string, string> {
  const redactor = new Redactor();
  give(redactor, parts);
  const files = new Map<string, string>([
    ["README.txt", readme(parts)],
    ["versions.json", json(parts.versions)],
  ]);
  for (const [path, text] of parts.reports)
    files.set(
      `reports/${path}`,
      path.endsWith(".json")
        ? json(redactor.hideData(JSON.parse(text) as unknown))
        : path.endsWith(".sh")
          ? redactor.hideNames(text)
          : redactor.hide(text),
    );
  if (parts.snapshot !== null) files.set("snapshot.json", json(redactor.hideData(plain(parts.snapshot))));
  if (parts.log !== null)
    files.set("dockerd.log", redactor.hide(parts.log.replaceAll(NAMED_IN_LOG, (_, key: string) => `${key}=…`)));
  return files;
}

/** Everything whose name may stand somewhere. */
function give(redactor: Redactor, { own, results, snapshot }: BundleParts): void {
  redactor.give("machine", own.hostname);
  redactor.give("user", own.user);
  redactor.give("engine-host", results?.engine?.hostname);
  for (const { reference } of results?.images ?? []) redactor.give("registry", registryOf(reference));
  for (const name of results?.cards.flatMap(({ subjects }) => subjects) ?? [])
    if ("name" in name && !name.name.startsWith("dnc-")) redactor.give(name.kind, name.name);
  // What ran there when the run began may be gone by now.
  if (results?.living !== undefined) giveMap(redactor, results.living);
  if (snapshot === null) return;
  const { facts, containers, networks, host } = snapshot;
  if (host !== null) giveHost(redactor, host);
  redactor.give("engine-host", facts.engine.hostname);
  for (const domain of facts.host?.resolver.search ?? []) redactor.give("domain", domain);
  for (const domain of facts.configuration["dns-search"] ?? []) redactor.give("domain", domain);
  for (const { Name, Id } of networks) {
    redactor.give("network", Name);
    redactor.give("device", `br-${Id.slice(0, 12)}`);
  }
  for (const { name, project, inside } of containers) {
    redactor.give("container", name);
    redactor.give("project", project);
    for (const one of namesInHosts(inside?.hostsFile ?? "")) redactor.give("name", one);
    for (const domain of /^search\s+(.*)$/m.exec(inside?.resolvConf ?? "")?.[1]?.split(/\s+/) ?? [])
      redactor.give("domain", domain);
  }
}

/** The registry that an image is from; null for the public one. */
function registryOf(reference: string): string | null {
  const [first = "", ...rest] = reference.split("/");
  return rest.length > 0 && /[.:]/.test(first) && first !== "docker.io" ? first.replace(/:\d+$/, "") : null;
}

/** Names in a hosts file that are no system's own. */
function namesInHosts(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => !/^\s*(?:#|127\.|::1\s|f[ef]0)/.test(line))
    .flatMap((line) => line.split(/\s+/).slice(1))
    .filter((name) => name !== "");
}

/** As JSON has it: sets as lists, maps as lists of pairs, large numbers as texts. */
function plain(snapshot: LivingSnapshot): unknown {
  return JSON.parse(
    JSON.stringify(snapshot, (_key, value: unknown) => {
      if (value instanceof Set || value instanceof Map) return [...value];
      return typeof value === "bigint" ? value.toString() : value;
    }),
  ) as unknown;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function readme({ missing }: BundleParts): string {
  return [
    "What docker-network-conformance knows of a Docker host, for a bug report.",
    "",
    "versions.json   this project, node, the engine",
    "reports/        the last run: results.json, summary.md, junit.xml; reproduce/*.sh shows its failures with plain docker",
    "                commands; walks/ holds the ways of packets; workloads.json, where that was asked for",
    "snapshot.json   what runs on the engine when this was made: links, addresses, routes, every packet filter, containers",
    "dockerd.log     its last lines, where they can be read",
    "",
    "Credentials are gone. Names of hosts, users, containers, networks, projects, domains and registries, and all addresses",
    "are stand-ins: the same one wherever the same thing is told. Scripts keep addresses, for they are the run's own.",
    "Look through it before you hand it on.",
    ...missing.map((what) => `Missing: ${what}.`),
    "",
  ].join("\n");
}
