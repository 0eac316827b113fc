import { familyOf } from "./address-text.ts";
import { UnreadableOutput } from "./unreadable-output.ts";

export interface LookupReport {
  /** Who answered; null when nobody did. */
  readonly server: { readonly address: string; readonly port: number } | null;
  /** A and AAAA records, in the order of the answers, which is arbitrary. */
  readonly answers: readonly { readonly name: string; readonly address: string }[];
  /** CNAME records. */
  readonly aliases: readonly { readonly name: string; readonly canonical: string }[];
  /** PTR records; `name` is the asked `….in-addr.arpa`. */
  readonly pointers: readonly { readonly name: string; readonly target: string }[];
  /**
   * null when anything was answered. Else the code of the DNS answer (`NXDOMAIN`, `SERVFAIL`, `REFUSED`, `FORMERR`…),
   * `no answer` (the name exists, without such a record) or `timed out`.
   */
  readonly failure: string | null;
}

const PARSER = "nslookup";

/**
 * Reads the standard output of BusyBox `nslookup` (1.35 to 1.38) for A, AAAA, PTR and CNAME records. One question
 * about a name asks for A and AAAA at once, so that a name with addresses may have an error as well; then `failure`
 * is null. nslookup asks DNS only: it does not read /etc/hosts.
 * @throws UnreadableOutput also for empty text: then the reason stands on standard error
 */
export function parseNslookup(stdout: string): LookupReport {
  const answers: { name: string; address: string }[] = [];
  const aliases: { name: string; canonical: string }[] = [];
  const pointers: { name: string; target: string }[] = [];
  const failures: string[] = [];
  let server: LookupReport["server"] = null;
  let named: string | null = null;
  for (const line of stdout.split("\n").filter((candidate) => candidate.trim() !== "")) {
    const [, key, value] = /^(Server|Name|Address):\s+(\S+)\s*$/.exec(line) ?? [];
    const [, name, relation, target] = /^(\S+)\t(name|canonical name) = (\S+)\s*$/.exec(line) ?? [];
    const [, code] = /^\*\* server can't find .*: (\S+)\s*$/.exec(line) ?? [];
    if (key === "Server" || line === "Non-authoritative answer:" || line === "Authoritative answers can be found from:")
      continue;
    if (key === "Name") named = value ?? null;
    else if (key === "Address" && value !== undefined) {
      if (server === null) server = readServer(line, value);
      else if (named !== null && familyOf(value) !== null) answers.push({ name: named, address: value });
      else throw new UnreadableOutput(PARSER, line, "an address of no name");
    } else if (name !== undefined && target !== undefined) {
      if (relation === "name") pointers.push({ name, target });
      else aliases.push({ name, canonical: target });
    } else if (code !== undefined) failures.push(code);
    else if (line.startsWith(";; connection timed out")) failures.push("timed out");
    else if (/^\*\*\* Can't find .*: No answer/.test(line)) failures.push("no answer");
    else throw new UnreadableOutput(PARSER, line, "unknown line");
  }
  if (server === null && failures.length === 0)
    throw new UnreadableOutput(PARSER, stdout, "no server answered and no failure is told");
  const answered = answers.length + aliases.length + pointers.length > 0;
  return { server, answers, aliases, pointers, failure: answered ? null : (failures[0] ?? "no answer") };
}

/** `127.0.0.11:53`, `[fd77::2]:53`. */
function readServer(line: string, text: string): LookupReport["server"] {
  const [, brackets, plain, port] = /^(?:\[(\S+)\]|([^\s[\]]+)):(\d+)$/.exec(text) ?? [];
  const address = brackets ?? plain ?? "";
  if (familyOf(address) === null) throw new UnreadableOutput(PARSER, line, "no address of the server");
  return { address, port: Number(port) };
}
