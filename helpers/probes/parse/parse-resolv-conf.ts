import { familyOf } from "./address-text.ts";

export interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  /** `ndots:0`, `timeout:1`… of all `options` lines. */
  readonly options: readonly string[];
  /** Without the `#` or `;`; the Engine (26 and later) tells there where it took the servers from. */
  readonly comments: readonly string[];
  /** Lines that say nothing a resolver understands, as they stand. glibc, musl and the engine pass over them. */
  readonly skipped: readonly string[];
}

/** Keywords of other systems' resolvers that this one ignores. */
const IGNORED = new Set(["sortlist", "lookup", "family"]);

/** What parts words. JavaScript counts a byte order mark among the blanks: no resolver does, and its line is lost to all. */
const BLANKS = /[^\S\uFEFF]+/;

/**
 * Reads /etc/resolv.conf as resolv.conf(5) tells: of several `search` and `domain` lines the last one wins,
 * and each of their words counts (musl and the engine take `domain` for `search`); what follows
 * a nameserver's address on its line is ignored. Blanks before the keyword are no fault (the engine takes such lines).
 * Never throws: a file that people edit holds what people write.
 */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = [];
  const options: string[] = [];
  const comments: string[] = [];
  const skipped: string[] = [];
  let search: string[] = [];
  for (const line of text.split("\n").filter((candidate) => candidate.trim() !== "")) {
    const text = line.trim();
    if (/^[#;]/.test(text)) {
      comments.push(text.slice(1).trim());
      continue;
    }
    const [keyword = "", ...values] = line.split(BLANKS).filter((word) => word !== "");
    const [first = ""] = values;
    if (keyword === "nameserver" && familyOf(first) !== null) nameservers.push(first);
    else if (keyword === "search" || keyword === "domain") search = values;
    else if (keyword === "options") options.push(...values);
    else if (!IGNORED.has(keyword)) skipped.push(text);
  }
  return { nameservers, search, options, comments, skipped };
}

/**
 * What dockerd before 26.0 finds where it writes a container's file anew: the last `search` and the last `options` line,
 * each up to a `#`; `domain` it does not know (moby v20.10 libnetwork/resolvconf `GetSearchDomains`, `GetOptions`).
 */
export function rewrittenParts(text: string): Pick<ResolvConf, "search" | "options"> {
  const last = (keyword: string): string[] => {
    const lines = text
      .split("\n")
      .map((line) => (line.split("#")[0] ?? "").split(BLANKS).filter((word) => word !== ""));
    return lines.findLast(([first]) => first === keyword)?.slice(1) ?? [];
  };
  const search = last("search");
  return { search: search.join(" ") === "." ? [] : search, options: last("options") };
}
