import type { Outcome } from "../model/outcome.ts";
import { SIGNS } from "./classify.ts";

/**
 * A shell function that reads what a client of BusyBox or iputils printed, with the signs that the parsers go by:
 * `outcome CODE FILE` prints the outcome. Told apart as {@link Outcome} has it, but for a client that could not run:
 * `probe failed` stands for all that says nothing. Code 137 is a deadline's.
 */
export function outcomeFunction(): string {
  return [
    "outcome() {",
    `  said() { grep -qE "$1" "$2"; }`,
    `  if said "${ANSWERED}" "$2"; then echo 'replied'`,
    `  elif said "${NO_SUCH_NAME}" "$2"; then echo 'name not found'`,
    `  elif [ "$1" = 0 ] && said '^Server:' "$2"; then echo 'name not found'`,
    `  elif [ "$1" = 0 ]; then echo 'replied'`,
    `  elif said 'error getting response' "$2"; then echo 'refused'`,
    ...signs().map(
      ({ outcome, words }) => `  elif said ${inDoubleQuotes(words.join("|"))} "$2"; then echo '${outcome}'`,
    ),
    `  elif [ "$1" = 137 ] || said '100% packet loss|^Received 0 response' "$2"; then echo 'timed out'`,
    "  else echo 'probe failed'",
    "  fi",
    "}",
  ].join("\n");
}

/** An answer, whatever the exit code: an HTTP or TFTP error, some of several echoes, an address beside another that is missing. */
const ANSWERED = "server returned error: HTTP/|tftp: server error|^[0-9]+ bytes from|^Name:|name = |canonical name";

/** What BusyBox `nslookup` says of an answer without an address; of an empty one it says nothing but its server. */
const NO_SUCH_NAME = "can't find|can't resolve";

/** The signs of one outcome that stand side by side, as one. */
function signs(): readonly { readonly outcome: Outcome; readonly words: readonly string[] }[] {
  const groups: { outcome: Outcome; words: string[] }[] = [];
  for (const { words, outcome } of SIGNS) {
    const last = groups.at(-1);
    if (last?.outcome === outcome) last.words.push(extended(words));
    else groups.push({ outcome, words: [extended(words)] });
  }
  return groups;
}

/** The same pattern as `grep -E` reads it, which looks for it anywhere in a line. */
function extended({ source, flags }: RegExp): string {
  const words = source
    .replace(/^\^\.\*/, "")
    .replace(/\.\*\$$/, "")
    .replaceAll("(?:", "(")
    .replaceAll("\\b", "")
    .replaceAll(String.raw`\/`, "/");
  return flags.includes("i") ? words.replace(/\b[A-Z]/g, (letter) => `[${letter}${letter.toLowerCase()}]`) : words;
}

function inDoubleQuotes(text: string): string {
  return `"${text.replaceAll(/[\\"$`]/g, "\\$&")}"`;
}
