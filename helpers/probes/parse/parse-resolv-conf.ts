import { addressIn } from "./address-text.ts";
import { Words } from "./words.ts";

export interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  /** `ndots:0`, `timeout:1`… of all `options` lines. */
  readonly options: readonly string[];
  /** Without the `#` or `;`; the Engine (26 and later) tells there where it took the servers from. */
  readonly comments: readonly string[];
}

/** Keywords of other systems' resolvers that this one ignores. */
const IGNORED = new Set(["sortlist", "lookup", "family"]);

/**
 * Reads /etc/resolv.conf as resolv.conf(5) tells: a keyword at the start of the line; of several `search` and `domain`
 * lines the last one wins; what follows a nameserver's address on its line is ignored.
 * @throws UnreadableOutput
 */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = [];
  const options: string[] = [];
  const comments: string[] = [];
  let search: string[] = [];
  for (const line of text.split("\n").filter((candidate) => candidate.trim() !== "")) {
    if (/^[#;]/.test(line)) {
      comments.push(line.slice(1).trim());
      continue;
    }
    const words = new Words("/etc/resolv.conf", line);
    const keyword = /^\s/.test(line) ? words.fail("the keyword does not start the line") : words.take("keyword");
    const values: string[] = [];
    while (!words.done) values.push(words.take("value"));
    if (keyword === "nameserver") nameservers.push(addressIn(words, values[0] ?? "").address);
    else if (keyword === "search") search = values;
    else if (keyword === "domain") search = values.slice(0, 1);
    else if (keyword === "options") options.push(...values);
    else if (!IGNORED.has(keyword)) words.fail(`unknown keyword ${keyword}`);
  }
  return { nameservers, search, options, comments };
}
