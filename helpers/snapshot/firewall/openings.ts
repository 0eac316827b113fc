import { isEngines, type Manager, managerOf, refusesAll } from "./managers.ts";
import type { Chain, Place, Rule } from "./model.ts";
import { isOfIptables, quotedName, removal } from "./place-text.ts";

/** One way to let pass what a rule or policy stops. */
export interface Opening {
  readonly what: string;
  /** Lines of shell, in this order. */
  readonly commands: readonly string[];
  /** One sentence; empty where nothing else passes from then on. */
  readonly cost: string;
  readonly restarts?: "engine";
}

/** The names of the engine's bridges: the default one, and those of networks without a name of their own. */
const BRIDGES = ["docker0", "br-"] as const;
const EVERYTHING = "Everything that no other rule of this chain refuses passes from then on.";

/**
 * What lets pass what ends at this place, the narrowest first: who denies by default is told what to let in, before he
 * is told to deny no more. What a program keeps is changed in that program: behind its back it comes back, or what the
 * program holds no longer fits. Empty where it can't be said as lines of shell.
 */
export function openings(place: Place): Opening[] {
  const manager = managerOf(place);
  if (manager !== null && !manager.byHand && !isEngines(place)) return inProgram(manager);
  const command = removal(place);
  if (command === null) return [];
  if (place.rule !== null) {
    const denies = refusesAll(place.rule) && sidesOf(place.chain).length > 0;
    return [
      ...(denies ? letBridgesPass(place) : []),
      { what: "take this one rule away", commands: [command], cost: denies ? EVERYTHING : costByList(place.rule) },
    ];
  }
  return [
    ...letBridgesPass(place),
    { what: "let the chain accept what no rule decides", commands: [command], cost: EVERYTHING },
  ];
}

/** Who takes away a rule about a list of addresses frees all of them. */
function costByList({ steps }: Rule): string {
  const [list] = steps.flatMap((step) => (step.kind === "set" || step.kind === "ipset" ? [step.set] : []));
  if (list === undefined) return "";
  return `Whoever else the set ${list} lists passes as well: where that must not be, take the containers' addresses out of it instead.`;
}

function inProgram({ name, shows, changes, toldByEngine }: Manager): Opening[] {
  if (shows === null) return [];
  const cost = `${changes} Taken away by hand the rule comes back.`;
  return [
    { what: `see what ${name} holds, and change it there`, commands: [shows], cost },
    ...(toldByEngine
      ? [
          {
            what: `have dockerd tell ${name} of its bridges`,
            commands: ["systemctl restart docker"],
            cost: "Without live-restore every container stops; those without a restart policy stay down.",
            restarts: "engine" as const,
          },
        ]
      : []),
  ];
}

/** Behind all other rules of the chain but one that refuses the rest, so that what they refuse stays refused. */
function letBridgesPass({ table, chain, rule }: Place): Opening[] {
  // A policy of the legacy tables beside those in use is nobody's plan.
  if (!["ip", "ip6", "inet"].includes(table.family) || table.program.endsWith("-legacy")) return [];
  // Before a rule of the engine's own chain they would pass by what keeps networks apart.
  if (rule !== null && isOfIptables(table) && chain.base?.hook === "forward") return [];
  const commands = sidesOf(chain).flatMap((side) =>
    BRIDGES.map((name) => {
      const isStem = name.endsWith("-");
      if (isOfIptables(table))
        return `${table.program} -t ${table.name} ${rule === null ? `-A ${chain.name}` : `-I ${chain.name} ${chain.rules.indexOf(rule) + 1}`} ${side === "iifname" ? "-i" : "-o"} ${isStem ? `${name}+` : name} -j ACCEPT`;
      const where = `${table.family} ${quotedName(table.name)} ${quotedName(chain.name)}`;
      return `nft '${rule === null ? `add rule ${where}` : `insert rule ${where} handle ${rule.handle}`} ${side} "${isStem ? `${name}*` : name}" accept'`;
    }),
  );
  if (commands.length === 0) return [];
  const cost = "Other devices stay shut. A bridge with a name of its own needs the same lines.";
  return [{ what: "let Docker's bridges pass this chain", commands, cost }];
}

function sidesOf({ base }: Chain): readonly ("iifname" | "oifname")[] {
  if (base?.hook === "input") return ["iifname"];
  return base?.hook === "forward" ? ["iifname", "oifname"] : [];
}
