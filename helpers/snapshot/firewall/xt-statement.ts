import { type Json, objectOf, taggedOf, textOf } from "./json.ts";

/**
 * How nft prints matches and targets of iptables, by their names. In its JSON it tells the name alone, and in its text what
 * `iptables-translate` would say. Each is followed by nothing that could be a part of it.
 */
const PRINTED: Readonly<
  Record<string, { readonly text: RegExp; read(groups: readonly (string | undefined)[]): Json | null }>
> = {
  conntrack: {
    text: /\bct state (!=? ?)?((?:new|established|related|invalid|untracked)(?:,\w+)*)(?= |$)/g,
    read: ([not, states = ""]) => ({
      match: { op: not ? "!=" : "in", left: { ct: { key: "state" } }, right: states.split(",") },
    }),
  },
  addrtype: {
    text: /\bfib (saddr|daddr) type (!= )?(\w+)(?= |$)/g,
    read: ([side = "", not, type = ""]) => ({
      match: { op: not ? "!=" : "==", left: { fib: { result: "type", flags: [side] } }, right: type },
    }),
  },
  DNAT: { text: /\b(dnat) to (\S+)$/g, read: ([kind = "", to = ""]) => translation(kind, to) },
  SNAT: { text: /\b(snat) to (\S+)$/g, read: ([kind = "", to = ""]) => translation(kind, to) },
  REDIRECT: { text: /\bredirect to :(\d+)$/g, read: ([port]) => ({ redirect: { port: Number(port) } }) },
  MASQUERADE: { text: /\bmasquerade$/g, read: () => ({ masquerade: null }) },
  REJECT: { text: /\breject(?: with .*)?$/g, read: () => ({ reject: null }) },
  comment: { text: /\bcomment "[^"]*"/g, read: () => ({ comment: null }) },
  LOG: { text: /\blog(?: |$)/g, read: () => ({ log: null }) },
};

/** `172.17.0.2:80`, `[fd00::2]:80`, `:53`, `172.17.0.2` */
const PLACE = /^(?:\[([^\]]+)\]|([\d.]+))?(?::(\d+))?$/;

function translation(kind: string, to: string): Json | null {
  const place = PLACE.exec(to);
  if (place === null) return null;
  const [, bracketed, plain, port] = place;
  const address = bracketed ?? plain;
  const there = { ...(address === undefined ? {} : { addr: address }) };
  return { [kind]: port === undefined ? there : { ...there, port: Number(port) } };
}

/**
 * A statement of iptables in nft's JSON as nft would write its own of that meaning; itself where it is none, or is printed
 * in words that are not known here, or twice.
 * @param printed the whole rule as nft prints it, without counters' numbers
 */
export function statementOfXt(statement: Json, printed: string): Json {
  const [kind, body] = taggedOf(statement);
  const known = kind === "xt" ? PRINTED[textOf(objectOf(body).name)] : undefined;
  if (known === undefined) return statement;
  const [found, ...more] = [...printed.matchAll(known.text)];
  return found === undefined || more.length > 0 ? statement : (known.read(found.slice(1)) ?? statement);
}
