import { isIP } from "node:net";
import type { WorkloadsReport } from "./workloads.ts";

/** Names that say nothing of whose host it is. */
const ORDINARY: ReadonlySet<string> = new Set(["", "bridge", "host", "none", "docker0", "docker_gwbridge", "ingress"]);

/** Addresses that are every host's. */
const EVERYBODYS = /^(0\.0\.0\.0|127\.\d+\.\d+\.\d+|::|::1)$/;

const ADDRESS =
  /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)|(?<![\w.:])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:])/g;

/**
 * The same report without names and addresses: each container, network, project and address has the same stand-in
 * wherever it is told, so that what belongs together still does. For attaching to a bug report.
 */
export function redacted(report: WorkloadsReport): WorkloadsReport {
  const names = new Map<string, string>();
  const give = (kind: string, name: string | null): void => {
    if (name === null || ORDINARY.has(name) || names.has(name)) return;
    const count = [...names.values()].filter((one) => one.startsWith(`${kind}-`)).length;
    names.set(name, `${kind}-${count + 1}`);
  };
  give("engine-host", report.engine.hostname);
  for (const network of report.networks) {
    if (network.driver !== "") give("network", network.name);
    give("device", network.device);
  }
  for (const container of [...report.networks.flatMap(({ containers }) => containers), ...report.stopped]) {
    give("container", container.name);
    give("project", container.project);
  }
  // The longest first: `shop-web-1` is not `shop` with something behind it.
  const known = [...names.keys()].toSorted((a, b) => b.length - a.length);
  const pattern =
    known.length === 0 ? null : new RegExp(`(?<![\\w.-])(?:${known.map(escaped).join("|")})(?![\\w-])`, "g");
  const addresses = new Map<string, string>();
  const hide = (text: string): string =>
    (pattern === null ? text : text.replaceAll(pattern, (name) => names.get(name) ?? name)).replaceAll(
      ADDRESS,
      (address) => {
        if (isIP(address) === 0 || EVERYBODYS.test(address)) return address;
        const stand = addresses.get(address) ?? `address-${addresses.size + 1}`;
        addresses.set(address, stand);
        return stand;
      },
    );
  return JSON.parse(JSON.stringify(report), (_key, value: unknown) =>
    typeof value === "string" ? hide(value) : value,
  ) as WorkloadsReport;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
