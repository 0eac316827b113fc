import { baseChains } from "./base-chains.ts";
import { rulesAbout } from "./chain-index.ts";
import type { Change, End, Evaluation, Layer, Verdict } from "./evaluation.ts";
import { answer, hasKey } from "./matching.ts";
import {
  type Action,
  type Chain,
  type Firewall,
  type Hook,
  isMatch,
  type Place,
  type Rule,
  type Table,
  type Translation,
} from "./model.ts";
import { originalOf, type Packet } from "./packet.ts";

/** Where connections are looked for: what stands before it acts on packets whose connection is not known yet. */
const TRACKING = -200;

const ALL_BITS = 0xffffffffn;

type MarkAction = Extract<Action, { kind: "mark" | "mark copied" | "mark unknown" }>;

/** Deep enough for any ruleset that the kernel takes (NFT_JUMP_STACK_SIZE is 16, iptables has no loops). */
const DEEPEST = 64;

/**
 * What becomes of a packet at one hook: all base chains of all tables in the order of their priorities, translations and
 * marks carried on. Where a rule may match or not, both ways are followed.
 */
export function evaluate(firewall: Firewall, packet: Packet, hook: Hook, layer: Layer = "network"): Evaluation {
  const walk = new Walk(packet);
  walk.pass(firewall, hook, layer);
  return { ends: walk.ends, packet: walk.packet, changes: walk.changes, accepts: walk.accepts };
}

/** How a packet may leave a chain: off its end (or by `return`), taken by this base chain, or for good. */
type Exit = "fell" | "accepted" | "ended";

class Walk {
  readonly ends: End[] = [];
  readonly changes: Change[] = [];
  readonly accepts: Place[] = [];
  packet: Packet;
  /** Whether the packet is surely here: once a rule left it open, what follows is only possible. */
  #sure = true;
  #translated = false;
  /** The chains that the packet is in. */
  readonly #through: string[] = [];
  /** The rules that led it there. */
  readonly #jumps: Place[] = [];
  /** Whether the packet's connection has been looked for. */
  #tracked = false;

  constructor(packet: Packet) {
    this.packet = packet;
  }

  pass(firewall: Firewall, hook: Hook, layer: Layer): void {
    const routed = hook === "forward" && layer === "network" && this.packet.bridged !== true;
    if (routed && this.#expires()) return;
    const tracks = (hook === "prerouting" || hook === "output") && layer === "network";
    let looked = false;
    for (const { table, chain, base } of baseChains(firewall, this.packet, hook, layer)) {
      if (tracks && !looked && base.priority >= TRACKING) {
        looked = true;
        if (this.#isUnrecognised()) return;
      }
      this.#tracked = !tracks || looked;
      const { state } = this.packet;
      if (base.type === "nat" && state === "untracked" && this.#isTranslatedBy(table, chain)) return;
      // A connection is translated once, by its first packet: later ones pass no nat chain.
      if (base.type === "nat" && (this.#translated || (state !== undefined && state !== "new"))) continue;
      const before = this.#sure;
      if (base.type === "nat" && state === undefined) this.#sure = false;
      const exits = this.#chain(table, chain, 0);
      if (exits.has("fell") && base.policy === "drop") this.#end("drop", { table, chain, rule: null }, null);
      const passes = exits.has("accepted") || (exits.has("fell") && base.policy === "accept");
      if (!passes) return;
      const stops = exits.has("ended") || (exits.has("fell") && base.policy === "drop");
      this.#sure = before && !stops;
    }
    if (tracks && !looked && this.#isUnrecognised()) return;
    this.#end("accept", null, null);
  }

  /** A router takes one hop, and discards what has none left. */
  #expires(): boolean {
    const { ttl, alteredBy } = this.packet;
    if (ttl === undefined) return false;
    if (ttl <= 1) {
      this.#end("expire", alteredBy?.ttl ?? null, null);
      return true;
    }
    this.packet = { ...this.packet, ttl: ttl - 1 };
    return false;
  }

  /** An answer whose connection is in another zone is not translated back. */
  #isUnrecognised(): boolean {
    const { zone = 0, zoneOfConnection, alteredBy, status = [] } = this.packet;
    if (zoneOfConnection === undefined || zone === zoneOfConnection || status.length === 0) return false;
    this.#end("bare", alteredBy?.zone ?? null, null);
    return true;
  }

  /** Whether a chain translates packets like this one, were it not that a rule has them not tracked. */
  #isTranslatedBy(table: Table, chain: Chain): boolean {
    const place = this.packet.alteredBy?.untrack;
    if (place === undefined) return false;
    const dry = new Walk({ ...this.packet, state: "new" });
    dry.#chain(table, chain, 0);
    if (!dry.changes.some(({ action }) => !action.kind.startsWith("mark") && action.kind !== "ttl")) return false;
    this.#end("bare", place, null);
    return true;
  }

  #chain(table: Table, chain: Chain, depth: number): ReadonlySet<Exit> {
    this.#through.push(chain.name);
    const exits = this.#rules(table, chain, depth);
    this.#through.pop();
    return exits;
  }

  #rules(table: Table, chain: Chain, depth: number): ReadonlySet<Exit> {
    const exits = new Set<Exit>();
    // By what the packet is as it comes: a rule that translates it is the last of its chain.
    for (const rule of rulesAbout(chain, this.packet)) {
      if (this.#isOfOthers(rule, table)) continue;
      const before = this.#sure;
      const outcomes = this.#rule({ table, chain, rule }, rule, depth);
      this.#sure = before && outcomes.size === 1;
      for (const outcome of outcomes) if (outcome !== "next") exits.add(outcome);
      if (!outcomes.has("next")) return exits;
    }
    exits.add("fell");
    return exits;
  }

  /** Whether a rule is surely about other packets: so are most of the thousands in long chains. */
  #isOfOthers({ steps }: Rule, table: Table): boolean {
    for (const step of steps) {
      if (!isMatch(step)) return false;
      if (answer(step, this.packet, table) === "no") return true;
    }
    return false;
  }

  #rule(place: Place, rule: Rule, depth: number): ReadonlySet<Exit | "next"> {
    const outcomes = new Set<Exit | "next">();
    for (const step of rule.steps) {
      if (isMatch(step)) {
        const matches = answer(step, this.packet, place.table);
        if (matches !== "yes") outcomes.add("next");
        if (matches === "no") return outcomes;
        if (matches === "maybe") this.#sure = false;
      } else if (step.kind === "map") {
        this.#choose(place, step, outcomes, depth);
        return outcomes;
      } else if (this.#act(place, step, outcomes, depth)) return outcomes;
    }
    outcomes.add("next");
    return outcomes;
  }

  /** Does one thing. @returns whether the rule ends with it */
  #act(place: Place, action: Action, outcomes: Set<Exit | "next">, depth: number): boolean {
    switch (action.kind) {
      case "dnat":
      case "snat":
      case "redirect":
      case "masquerade":
        this.#translate(place, action);
        outcomes.add("accepted");
        return true;
      case "accept":
        if (this.#sure) this.accepts.push(place);
        outcomes.add("accepted");
        return true;
      case "drop":
      case "reject":
      case "queue":
        this.#end(action.kind, place, action);
        outcomes.add("ended");
        // Where nobody reads the queue, one that may be passed by leaves the packet to the next hook.
        if (action.kind === "queue" && action.bypass) outcomes.add("accepted");
        return true;
      case "take":
        this.#end("take", place, action);
        outcomes.add("ended");
        if (!action.surely) outcomes.add("next");
        return true;
      case "untrack":
      case "zone":
        if (!this.#tracked) this.#alter(place, action.kind, action.kind === "zone" ? { zone: action.zone } : {});
        return false;
      case "ttl": {
        const { ttl } = this.packet;
        if (action.by === "set") this.#alter(place, "ttl", { ttl: action.value });
        else if (ttl !== undefined) this.#alter(place, "ttl", { ttl: ttl + action.value });
        return false;
      }
      case "unknown action":
        this.#end("unknown", place, action);
        outcomes.add("ended").add("next");
        return true;
      case "return":
        if (this.#sure && depth === 0) this.accepts.push(place);
        outcomes.add("fell");
        return true;
      case "continue":
        outcomes.add("next");
        return true;
      case "jump":
      case "goto":
        this.#visit(place, action, outcomes, depth);
        return true;
      case "mark":
      case "mark copied":
      case "mark unknown":
        this.#mark(place, action);
        return false;
      case "map":
        this.#choose(place, action, outcomes, depth);
        return true;
      case "passes on":
        return false;
    }
  }

  #visit(
    place: Place,
    { kind, chain: name }: { readonly kind: "jump" | "goto"; readonly chain: string },
    outcomes: Set<Exit | "next">,
    depth: number,
  ): void {
    const target = place.table.chains.find((chain) => chain.name === name);
    if (target === undefined || depth >= DEEPEST) {
      outcomes.add("next");
      return;
    }
    this.#jumps.push(place);
    for (const exit of this.#chain(place.table, target, depth + 1))
      outcomes.add(exit === "fell" && kind === "jump" ? "next" : exit);
    this.#jumps.pop();
  }

  /** The last rule that led some packets here and others not, where the one that ends them takes whatever comes. */
  #sender(place: Place | null): Place | null {
    return place?.rule == null || chooses(place) || hasExceptions(place)
      ? null
      : (this.#jumps.findLast(chooses) ?? null);
  }

  /** The first entry that the packet has the key of; without one the rule did not match. */
  #choose(place: Place, choice: Extract<Action, { kind: "map" }>, outcomes: Set<Exit | "next">, depth: number): void {
    const map = typeof choice.map === "string" ? place.table.maps[choice.map] : choice.map;
    if (choice.family !== undefined && choice.family !== this.packet.family) {
      outcomes.add("next");
      return;
    }
    if (map === undefined || map === null) {
      this.#end("unknown", place, choice);
      outcomes.add("ended").add("next");
      return;
    }
    for (const { key, action } of map) {
      const has = hasKey(choice.fields, key, this.packet);
      if (has === "no") continue;
      if (has === "maybe") this.#sure = false;
      if (!this.#act(place, action, outcomes, depth)) outcomes.add("next");
      if (has === "yes") return;
    }
    outcomes.add("next");
  }

  #end(verdict: Verdict, place: Place | null, action: Action | null): void {
    const known = this.ends.some((end) => end.place?.chain === place?.chain && end.place?.rule === place?.rule);
    if (!known) this.ends.push({ verdict, place, sender: this.#sender(place), action, through: [...this.#through] });
  }

  #mark(place: Place, action: MarkAction): void {
    const key = action.which === "mark" ? "mark" : "connectionMark";
    const before = this.#marked(key);
    const other = this.#marked(key === "mark" ? "connectionMark" : "mark");
    const set = setBy(action, other);
    if (set === undefined) {
      // Mostly one mark is made of the other: where both are 0 nothing changes.
      if (before !== 0 || other !== 0) this.packet = without(this.packet, key);
      return;
    }
    if (before === undefined) {
      // All bits replaced: what was there before does not matter.
      if (this.#sure && set.clear === ALL_BITS) this.packet = { ...this.packet, [key]: Number(set.bits) };
      return;
    }
    const after = Number(((BigInt(before) & (ALL_BITS ^ set.clear)) ^ set.bits) & ALL_BITS);
    if (after === before) return;
    if (!this.#sure) this.packet = without(this.packet, key);
    else {
      this.packet = { ...this.packet, [key]: after };
      this.changes.push({ place, action });
    }
  }

  /** That of a new connection is 0. */
  #marked(key: "mark" | "connectionMark"): number | undefined {
    return this.packet[key] ?? (key === "connectionMark" && this.packet.state === "new" ? 0 : undefined);
  }

  /** What decides later on is told by the rule that altered it. */
  #alter(place: Place, what: "untrack" | "zone" | "ttl", parts: Partial<Packet>): void {
    if (!this.#sure) {
      this.packet = without(this.packet, what === "untrack" ? "state" : what);
      return;
    }
    const { alteredBy = {} } = this.packet;
    this.packet = {
      ...this.packet,
      ...parts,
      ...(what === "untrack" ? { state: "untracked" } : {}),
      alteredBy: { ...alteredBy, [what]: place },
    };
  }

  #translate(place: Place, action: Translation): void {
    const source = action.kind === "snat" || action.kind === "masquerade";
    const side = source ? "source" : "destination";
    const port = source ? "sourcePort" : "destinationPort";
    if (!this.#sure) {
      const { original = originalOf(this.packet) } = this.packet;
      this.packet = { ...without(without(without(this.packet, side), port), "status"), original };
      return;
    }
    this.#translated = true;
    this.changes.push({ place, action });
    const { status = [], original = originalOf(this.packet) } = this.packet;
    const { oneOf = [] } = action;
    // The address that masquerade and redirect choose depends on the device.
    const computed = action.kind === "masquerade" || action.kind === "redirect" || oneOf.includes("address");
    let bare = without(this.packet, source ? "sourceType" : "destinationType");
    if (computed) bare = without(bare, side);
    if (oneOf.includes("port")) bare = without(bare, port);
    this.packet = {
      ...bare,
      ...(action.address === null ? {} : { [side]: action.address }),
      ...(action.port === null ? {} : { [port]: action.port }),
      status: [...status, source ? "snat" : "dnat"],
      original,
    };
  }
}

/** The bits that a rule sets in a mark, and those that it clears before; undefined where they are not known. @param other the other mark */
function setBy(
  action: MarkAction,
  other: number | undefined,
): { readonly clear: bigint; readonly bits: bigint } | undefined {
  if (action.kind === "mark") return { clear: action.clear, bits: action.set };
  if (action.kind === "mark unknown" || other === undefined) return undefined;
  return { clear: action.clear, bits: BigInt(other) & action.taken };
}

/** Whether a rule is about some packets and not about others. */
function chooses({ rule }: Place): boolean {
  return rule?.steps.some((step) => isMatch(step) || step.kind === "map") === true;
}

/** Whether a rule before it in its chain lets some packets go. */
function hasExceptions({ chain, rule }: Place): boolean {
  const before = chain.rules.slice(0, rule === null ? undefined : chain.rules.indexOf(rule));
  return before.some(({ steps }) => steps.some(({ kind }) => LETS_GO.has(kind)));
}

const LETS_GO: ReadonlySet<string> = new Set(["accept", "return", "goto", "jump", "map"]);

function without(packet: Packet, key: keyof Packet): Packet {
  const { [key]: _, ...rest } = packet;
  return rest as Packet;
}
