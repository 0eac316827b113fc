import { fileChangedAfterStart, staleFile, untoldKeys } from "../configuration/mismatch.ts";
import { usesNftables } from "../expectations/firewall.ts";
import type { Evidence } from "../model/evidence.ts";
import type { Facts } from "../model/facts.ts";
import { parseIpAddress } from "../probes/parse/parse-ip-address.ts";
import { parseIptablesSave } from "../probes/parse/parse-iptables-save.ts";
import { parseNftTables } from "../probes/parse/parse-nft-table.ts";
import type { HostView } from "../vantage/host-view.ts";

/**
 * Looks over the wiring that all container networking of a host hangs on, and says in words what is not as dockerd
 * makes it. Asked only when something failed, to name causes instead of symptoms; each sentence stands on what was
 * read at that moment.
 */
export async function findings(host: HostView, facts: Facts): Promise<string[]> {
  const nftables = usesNftables(facts);
  const [links, rules, forward] = await Promise.all([
    host.ask("ip addr"),
    nftables
      ? host.own("nft list table ip docker-bridges")
      : facts.host?.tools.iptablesSave === true
        ? host.own("iptables-save")
        : null,
    host.ask("cat /proc/sys/net/ipv4/ip_forward"),
  ]);
  const found: string[] = configurationFindings(facts);
  if (forward.stdout.trim() === "0" && facts.configuration["ip-forward"] !== false) {
    found.push(
      "net.ipv4.ip_forward is 0: the kernel forwards nothing between bridges and the uplink; something switched it off after dockerd's start (sysctl -w net.ipv4.ip_forward=1)",
    );
  }
  found.push(...bridgeFindings(links.stdout, facts));
  if (nftables) found.push(...nftablesFindings(rules, facts));
  else if (rules !== null && rules.exitCode === 0 && facts.configuration.iptables !== false)
    found.push(...ruleFindings(rules.stdout, facts.configuration["ip-masq"] !== false));
  return found;
}

/** What is to be said before all else: everything is expected by a file that dockerd may not have read. */
export function configurationFindings(facts: Facts): string[] {
  const stale = staleFile(facts);
  const consequence =
    "every expectation of this run follows the file, so other requirements may fail for this reason alone";
  if (stale !== null) return [`${stale.text}; ${consequence}`];
  const { configurationFile } = facts;
  const untold = untoldKeys(facts);
  if (fileChangedAfterStart(facts) !== "yes" || configurationFile?.present !== true || untold.length === 0) return [];
  return [
    `${configurationFile.path} was changed after dockerd's start, and the engine does not tell whether it has ${untold.map((key) => `"${key}"`).join(", ")} as the file says; ${consequence}: restart dockerd to be sure`,
  ];
}

function bridgeFindings(text: string, facts: Facts): string[] {
  const bridge = facts.defaultBridge;
  if (bridge === null) return [];
  const device = parseIpAddress(text).find((link) => link.name === bridge.device);
  if (device === undefined)
    return [
      `the bridge ${bridge.device} does not exist on the host: it was deleted after dockerd's start (restart docker)`,
    ];
  const found: string[] = [];
  if (!device.flags.includes("UP"))
    found.push(`the bridge ${bridge.device} is administratively down (ip link set ${bridge.device} up)`);
  if (bridge.gateway !== "" && !device.addresses.some((address) => address.address === bridge.gateway)) {
    const has = device.addresses
      .filter((address) => address.family === 4)
      .map((address) => `${address.address}/${address.prefix}`);
    found.push(
      `the gateway address ${bridge.gateway} is not on ${bridge.device} (it has ${has.join(", ") || "no IPv4 address"}): containers have no way out; restart docker or put it back`,
    );
  }
  return found;
}

/**
 * What is not as dockerd makes it in a listing of `iptables-save`, in words.
 * @param masquerading whether dockerd masquerades for the default bridge
 */
export function ruleFindings(text: string, masquerading = true): string[] {
  const tables = parseIptablesSave(text);
  const table = (name: string) => tables.find((candidate) => candidate.name === name);
  const nat = table("nat");
  const filter = table("filter");
  const rules = (owner: typeof nat, chain: string): string[] =>
    (owner?.rules ?? []).filter((rule) => rule.chain === chain).map((rule) => rule.text);
  const hasChain = (owner: typeof nat, chain: string): boolean =>
    owner?.chains.some((candidate) => candidate.name === chain) ?? false;
  const found: string[] = [];
  if (!hasChain(nat, "DOCKER"))
    found.push(
      "the nat table has no chain DOCKER: Docker's rules were flushed (a firewall reload?); restart docker to have them made again",
    );
  else {
    for (const chain of ["PREROUTING", "OUTPUT"]) {
      if (!rules(nat, chain).some((rule) => /-j DOCKER\b/.test(rule)))
        found.push(
          `nat ${chain} does not jump to DOCKER: published ports are not translated there (a firewall reload?)`,
        );
    }
    if (masquerading && !rules(nat, "POSTROUTING").some((rule) => rule.includes("MASQUERADE")))
      found.push("nat POSTROUTING has no MASQUERADE rule: containers keep their private source address on the way out");
  }
  if (!hasChain(filter, "DOCKER"))
    found.push(
      "the filter table has no chain DOCKER: Docker's rules were flushed (a firewall reload?); restart docker",
    );
  else if (
    !rules(filter, "FORWARD").some((rule) => /-j DOCKER|-o docker0|DOCKER-(FORWARD|USER|ISOLATION)/.test(rule))
  ) {
    found.push("filter FORWARD no longer leads to Docker's chains (a firewall reload?)");
  }
  for (const rule of rules(filter, "DOCKER-USER")) {
    if (/-j (DROP|REJECT)/.test(rule))
      found.push(`DOCKER-USER holds a rule of the operator's that drops forwarded packets: ${rule}`);
  }
  return found;
}

/**
 * What is not as dockerd makes it in its own nftables table, in words.
 * @param listed `nft list table ip docker-bridges`
 */
export function nftablesFindings(
  listed: Pick<Evidence, "exitCode" | "stdout" | "stderr"> | null,
  { configuration, defaultBridge }: Pick<Facts, "configuration" | "defaultBridge">,
): string[] {
  if (listed === null) return [];
  if (listed.exitCode !== 0)
    return /No such file or directory/.test(listed.stderr)
      ? [
          "Docker's nftables table `ip docker-bridges` is gone: the ruleset was flushed (`nft flush ruleset`, a reload of nftables.service?); restart docker to have it made again",
        ]
      : [];
  const [table] = parseNftTables(listed.stdout);
  const chain = (name: string): readonly string[] =>
    table?.chains.find((candidate) => candidate.name === name)?.rules ?? [];
  const found: string[] = [];
  for (const name of ["filter-FORWARD", "nat-PREROUTING", "nat-OUTPUT", "nat-POSTROUTING"])
    if (chain(name).length === 0)
      found.push(
        `the chain ${name} of Docker's nftables table has no rule: it was flushed after dockerd's start (restart docker)`,
      );
  if (defaultBridge === null) return found;
  const { device } = defaultBridge;
  for (const [map, leads] of [
    ["filter-forward-in-jumps", "what is sent to its containers is not filtered"],
    ["filter-forward-out-jumps", "what its containers send is not filtered"],
    ["nat-postrouting-out-jumps", "what its containers send is not masqueraded"],
  ] as const) {
    const elements = table?.sets.find(({ name }) => name === map)?.elements ?? [];
    if (!elements.some((element) => element.startsWith(`"${device}"`)))
      found.push(`Docker's nftables map ${map} does not know ${device}: ${leads} (restart docker)`);
  }
  const masquerades = chain(`nat-postrouting-out__${device}`).some((rule) => rule.includes("masquerade"));
  if (configuration["ip-masq"] !== false && !masquerades)
    found.push(
      `the nftables chain nat-postrouting-out__${device} has no masquerade rule: containers keep their private source address on the way out`,
    );
  return found;
}
