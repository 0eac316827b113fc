/**
 * The keys of causes that several looks may find: the audit of the host's state, the evaluation of its packet filters, the
 * walk of a packet. What one of them finds is the same cause as what another does when the keys are equal.
 */

/** All that is missing of Docker's rules: whichever they are, one act removed them. */
export const MISSING_RULES = "Docker's rules are missing";

/** What Docker's rules of one network do. */
export type NetworkPart =
  | "masquerade"
  | "loopback"
  | "early return"
  | "replies"
  | "incoming"
  | "outgoing"
  | "within"
  | "forwarding"
  | "icc"
  | "isolation"
  | "internal"
  | "unpublished";

/** What Docker's rules of one container do. */
export type ContainerPart = "translation" | "accept" | "hairpin" | "direct" | "guarded loopback";

/** One of them, of one network or one container: a part of the whole above. */
export function missingRuleKey(what: NetworkPart | ContainerPart, of: string): string {
  return `${MISSING_RULES}: ${what} ${of}`;
}

/** The same, whosever it is; null for the key of anything else. */
export function missingPartOf(key: string): string | null {
  return new RegExp(`^(${MISSING_RULES}: .+?) \\S+(?: ipv6)?$`).exec(key)?.[1] ?? null;
}

/** Whether a cause is that rules of Docker's are missing, all or some. */
export function isMissingRules(key: string): boolean {
  return key === MISSING_RULES || key.startsWith(`${MISSING_RULES}: `);
}

/** A rule or policy of the host's packet filters. @param text with its program and table */
export function firewallKey(text: string): string {
  return `firewall ${text}`;
}

/** Whether a cause is one rule or policy. */
export function isFirewallKey(key: string): boolean {
  return key.startsWith(firewallKey(""));
}

/** A value of the host's kernel. @param name with dots */
export function sysctlKey(name: string): string {
  return `sysctl ${name}`;
}

/** A line of the host's `ip rule`. */
export function policyRuleKey(rule: string): string {
  return `policy rule ${rule.replaceAll(/\s+/g, " ").trim()}`;
}

/** A route of the host's: its kind, where it leads and by what; protocol, scope and metric make no other one. */
export function routeKey(route: string): string {
  const words = route.replaceAll(/[`()]/g, "").trim().split(/\s+/);
  const kinds = ["unicast", "blackhole", "unreachable", "prohibit", "throw"];
  const kind = kinds.find((one) => one === words[0]);
  const destination = kind === undefined ? words[0] : words[1];
  const after = (word: string): string => (words.includes(word) ? ` ${word} ${words[words.indexOf(word) + 1]}` : "");
  // A route that leads nowhere is shown on `lo` by some programs.
  const leads = kind === undefined || kind === "unicast";
  return `route ${leads ? "" : `${kind} `}${destination}${leads ? `${after("via")}${after("dev")}` : ""}${after("table")}`;
}

/** Entries of the host's neighbour table that somebody wrote: one act, however many addresses it was about. */
export function neighboursKey(device: string): string {
  return `neighbours ${device}`;
}

/** Takes away what somebody wrote of a device, and leaves what the kernel has learned. */
export function forgetNeighbours(device: string): string {
  return `ip neigh flush dev ${device} nud permanent`;
}

/** What is wrong with one of many things that are made alike; of several it is one act. @param of names, without colons */
export function keyOfEach(what: string, of: string): string {
  return `${EACH}${what}: ${of}`;
}

const EACH = "each ";

/** What is wrong with such a thing, whosever it is; null for the key of anything else. */
export function kindOfEach(key: string): string | null {
  return new RegExp(`^${EACH}([^:]+): `).exec(key)?.[1] ?? null;
}

/** What is wrong with the host's end of one container on one network. */
export function hostEndKey(what: string, container: string, network: string): string {
  return keyOfEach(`host's end ${what}`, `${container} ${network}`);
}

/** The bridge of a network, and what of it is not as it has to be. */
export function bridgeKey(device: string, lacks: "missing" | "down" | "gateway" | "length"): string {
  return keyOfEach(`bridge ${lacks}`, device);
}
