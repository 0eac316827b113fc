import { stripVTControlCharacters } from "node:util";

// C0 controls except tab and newline, DEL, and the C1 range: terminals act on them, XML 1.0 forbids most.
// biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the purpose
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
// Direction overrides make a line read differently from what it holds (CVE-2021-42574).
const DIRECTION_OVERRIDES = /[\u202a-\u202e\u2066-\u2069]/g;
// Not characters at all; XML 1.0 § 2.2 excludes them.
const NONCHARACTERS = /[\ufffe\uffff]/g;

/**
 * Text that any terminal, XML 1.0 parser or Markdown renderer can show without acting on it.
 * Removes ANSI sequences, control characters and direction overrides; lone surrogates become U+FFFD; line ends become `\n`.
 */
export function plainText(text: string): string {
  return stripVTControlCharacters(text.replaceAll("\r\n", "\n").replaceAll("\r", "\n"))
    .replace(CONTROLS, "")
    .replace(DIRECTION_OVERRIDES, "")
    .replace(NONCHARACTERS, "")
    .toWellFormed();
}

/** `plainText` on one line: every run of white space becomes one space. */
export function oneLine(text: string): string {
  return plainText(text).replace(/\s+/g, " ").trim();
}

/** The first `max` characters (code points), the last of them `…` when something was cut off. */
export function cut(text: string, max: number): string {
  // A code point is one or two UTF-16 units: this slice is enough and keeps megabytes of output out of the array.
  const head = Array.from(text.slice(0, 2 * (max + 1)));
  return head.length <= max ? text : `${head.slice(0, max - 1).join("")}…`;
}

/** `1 requirement`, `2 requirements`. */
export function countOf(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? "" : "s"}`;
}
