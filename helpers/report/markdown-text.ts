import { cut, oneLine } from "./plain-text.ts";

/**
 * Any text as one line of Markdown that shows itself and nothing else: fit for a paragraph and for a table cell.
 * Cut to `max` characters before escaping, so that no escape is cut in two.
 */
export function markdownText(text: string, max = 2000): string {
  return cut(oneLine(text), max)
    .replace(/[\\`*_[\]~|]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

/** Any text as a link of Markdown; an address with blanks or brackets, which would end the link, is written out. */
export function markdownLink(text: string, link: string): string {
  const shown = markdownText(text);
  return /^https:\/\/[^\s()<>|]+$/.test(link) ? `[${shown}](${link})` : `${shown} ${markdownText(link)}`;
}

/** A table; the cells must have been through `markdownText`. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => (cell === "" ? "–" : cell)).join(" | ")} |`;
  return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n");
}
