import { type Evidence, ProbeFailed, reading, type Vantage } from "../model/evidence.ts";
import { quoted } from "../model/shell-words.ts";

/** One network interface as the kernel shows it under `/sys/class/net`. */
export interface Link {
  readonly name: string;
  readonly index: number;
  /** ifindex of the other end (veth) or of the parent (macvlan), in that one's namespace; the own index for others. */
  readonly peerIndex: number;
  readonly mac: string;
  readonly mtu: number;
  /** IFF_UP: administratively up. */
  readonly up: boolean;
  /** IFF_PROMISC. */
  readonly promiscuous: boolean;
  /** Physical or virtual carrier; null where the kernel does not say (interface down). */
  readonly carrier: boolean | null;
  /** `up`, `down`, `lowerlayerdown`, `unknown`… */
  readonly state: string;
  readonly queueLength: number;
  /** Name of the bridge that it is a port of. */
  readonly master: string | null;
  /** Only for bridges. */
  readonly bridge: { readonly id: string; readonly stp: boolean } | null;
}

const FIELDS = [
  "ifindex",
  "iflink",
  "address",
  "mtu",
  "flags",
  "carrier",
  "operstate",
  "tx_queue_len",
  "bridge/bridge_id",
  "bridge/stp_state",
];

/**
 * The same for a host with hundreds of interfaces, where the shell's own `read`, byte after byte, takes its time: a dozen
 * processes for all.
 */
export const MANY_LINKS_COMMAND = attributesOf("/sys/class/net/*", FIELDS, ["master"]);

/**
 * Prints `name value…` for each interface: the text of its files in their order, then the names that links lead to; `-`
 * where there is none.
 * @param folder a pattern of the shell; what its `*` stands for is the interface
 */
export function attributesOf(folder: string, files: readonly string[], links: readonly string[] = []): string {
  const start = folder.indexOf("*") + 1;
  const below = folder.length - start + 1;
  const texts = files.map((file) => `grep -sH . ${folder}/${file}`);
  const targets = links.map((link) => `ls -ld ${folder}/${link} 2>/dev/null | sed -n 's|.* \\(/.*\\) -> .*/|\\1:|p'`);
  const program = [
    `BEGIN { n = split("${[...files, ...links].join(" ")}", field, " ") }`,
    `{ at = index($0, ":"); path = substr($0, ${start}, at - ${start}); name = path; sub(/\\/.*/, "", name);`,
    `file = substr(path, length(name) + ${below + 1}); if (!(name in seen)) { seen[name] = 1; order[++m] = name }`,
    "value[name, file] = substr($0, at + 1) }",
    'END { for (i = 1; i <= m; i++) { line = order[i]; for (k = 1; k <= n; k++) line = line " " ((order[i], field[k]) in value ? value[order[i], field[k]] : "-"); print line } }',
  ].join(" ");
  return `{ ${[...texts, ...targets].join("; ")}; } | awk ${quoted(program)}`;
}

/** Reads with the shell's own `read`: no process per file. `carrier` of an interface that is down can't be read: `-`. */
export const LINKS_COMMAND = [
  "for i in /sys/class/net/*; do [ -e $i/ifindex ] || continue; o=${i##*/}",
  `for f in ${FIELDS.join(" ")}; do v=-; [ -r $i/$f ] && { read -r v <$i/$f; } 2>/dev/null; o="$o \${v:--}"; done`,
  // What went away or moved to another namespace while it was read is left out: its line would be half empty.
  // `cd -P` goes where a link leads without a process: hosts have hundreds of interfaces.
  'm=-; [ -e $i/master ] && cd -P $i/master && m=$PWD; [ -e $i/ifindex ] || continue; echo "$o ${m##*/}"; done',
].join("; ");

/** All interfaces that the vantage point's network namespace has, by the kernel's own files. */
export async function links(from: Vantage): Promise<Link[]> {
  return parseLinks(await from.ask(LINKS_COMMAND, reading(from, "links")));
}

/** One interface by name; null when there is none. */
export async function link(from: Vantage, name: string): Promise<Link | null> {
  return (await links(from)).find((candidate) => candidate.name === name) ?? null;
}

/**
 * Reads the answer: a line per interface. One that is going away still has its folder while the kernel no longer tells
 * its numbers, which every living interface has: it is left out.
 * @throws ProbeFailed when the command failed or a line can't be read
 */
export function parseLinks(evidence: Evidence): Link[] {
  const lines = evidence.stdout.split("\n").filter((line) => line !== "");
  if (evidence.exitCode !== 0 || lines.length === 0)
    throw new ProbeFailed(`the interfaces at ${evidence.vantage} can't be read`, evidence);
  return lines
    .flatMap((line) => {
      const [
        name = "",
        ifindex,
        iflink,
        mac = "",
        mtu,
        flags,
        carrier,
        state = "",
        queue,
        bridgeId,
        stp,
        master,
        ...more
      ] = line.split(" ");
      const told = [ifindex, iflink, mtu, flags, queue];
      if (master !== undefined && told.includes("-")) return [];
      const numbers = told.map(Number);
      if (more.length > 0 || master === undefined || numbers.some(Number.isNaN))
        throw new ProbeFailed(`unreadable interface line: ${line}`, evidence);
      const [index = 0, peerIndex = 0, bytes = 0, bits = 0, queueLength = 0] = numbers;
      const found: Link = {
        name,
        index,
        peerIndex,
        mac,
        mtu: bytes,
        up: (bits & 0x1) !== 0,
        promiscuous: (bits & 0x100) !== 0,
        carrier: carrier === "1" ? true : carrier === "0" ? false : null,
        state,
        queueLength,
        master: master === "-" ? null : master,
        bridge: bridgeId === undefined || bridgeId === "-" ? null : { id: bridgeId, stp: stp !== "0" },
      };
      return [found];
    })
    .toSorted((a, b) => a.index - b.index);
}
