import { plainText } from "../plain-text.ts";

/** A piece of a page that is HTML already. Made by {@link html}, and by {@link trusted} for what this project wrote itself. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: texts are escaped, pieces stand as they are, null is nothing. */
export type Part = string | number | Html | null | readonly Part[];

/**
 * A piece of HTML. Every text that is put in shows itself and does nothing, in content and in quoted attributes alike.
 * The published templates of this kind escape, and leave control characters and direction overrides, with which a
 * container's name makes a page read differently from what it holds: hence this one.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((string, index) => string + textOf(parts[index] ?? null)).join(""));
}

function textOf(part: Part): string {
  if (part === null) return "";
  if (part instanceof Html) return part.text;
  return typeof part === "object" ? part.map(textOf).join("") : escapeText(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeText(text: string): string {
  return plainText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/** A sentence; what stands in it between backticks is code. */
export function prose(text: string): Html {
  const pieces = text.split("`");
  // An even number of pieces has a backtick that nothing closes: the sentence stands as it is.
  if (pieces.length % 2 === 0) return html`${text}`;
  return html`${pieces.map((piece, index) => (index % 2 === 0 ? piece : html`<code>${piece}</code>`))}`;
}

/** Marks a text of this project's own, never one of a host's, as HTML. */
export function trusted(text: string): Html {
  return new Html(text);
}

/** A link to somewhere else; the words alone where the address is none that a page may lead to (`javascript:`, `file:`). */
export function outward(address: string, words: string): Html {
  return /^https:\/\/[^\s"'<>]+$/.test(address)
    ? html`<a href="${address}" rel="noreferrer">${words}</a>`
    : html`${words}`;
}

/** The fragment of a page where a requirement stands: its id, with what a fragment can't have written as code points. */
export function anchorOf(id: string): string {
  return fragmentOf("r", id);
}

/** A fragment of a page for a name, by the kind of what it names. Other names, other fragments. */
export function fragmentOf(kind: string, name: string): string {
  return `${kind}-${name.replace(/[^A-Za-z0-9-]/gu, (character) => `_${character.codePointAt(0)?.toString(16)}_`)}`;
}

/** Links to requirements, one after the other. */
export function requirementLinks(ids: readonly string[]): Html {
  return html`${ids.map((id, index) => html`${index === 0 ? "" : ", "}<a class="id" href="#${anchorOf(id)}">${id}</a>`)}`;
}

/** A command to be copied; the button is shown where the page's script runs. */
export function command(lines: readonly string[]): Html {
  return html`<div class="command"><pre>${lines.join("\n")}</pre><button type="button" class="copy" hidden>Copy</button></div>`;
}

/** A table, which scrolls by itself where the screen is narrow. Each cell is a part; a cell of nothing is a dash. */
export function table(caption: string, head: readonly Part[], rows: readonly (readonly Part[])[]): Html {
  const isNothing = (part: Part) => part === "" || part === null || (Array.isArray(part) && part.length === 0);
  const cell = (part: Part) => (isNothing(part) ? "–" : part);
  return html`<div class="wide" role="group" tabindex="0" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${head.map((part) => html`<th scope="col">${part}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([first = null, ...rest]) =>
      html`<tr><th scope="row">${cell(first)}</th>${rest.map((part) => html`<td>${cell(part)}</td>`)}</tr>\n`,
  )}</tbody></table></div>`;
}
