import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Html, html, trusted } from "./html.ts";

const own = (name: string) => readFileSync(new URL(`browser/${name}`, import.meta.url), "utf8");

/** A part of a page with the fragment where it stands. A part of nothing is left out. */
export type Section = readonly [id: string, title: string, content: Html];

/** What a page is made of. */
interface PageParts {
  readonly title: string;
  readonly header: Html;
  readonly sections: readonly Section[];
  /** Data for the page's script, behind all else. */
  readonly data?: Html;
}

/**
 * A page of this project: one file that fetches nothing. Readable without JavaScript and on paper; dark and light, from
 * a phone's width on.
 */
export function framePage({ title, header, sections, data = html`` }: PageParts): string {
  const [style, script] = [own("page.css"), own("page.js")];
  const shown = sections.filter(([, , { text }]) => text !== "");
  // The script and the style are named by their hashes: whatever a host's data may become, nothing else runs.
  const policy = `default-src 'none'; script-src '${hashOf(script)}'; style-src '${hashOf(style)}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trusted(style)}</style></head>
<body><a class="skip" href="#main">To the report</a>
${header}
<nav aria-label="Parts of the report">${shown.map(([id, name]) => html`<a href="#${id}">${name}</a> `)}</nav>
<main id="main">${shown.map(([, , content]) => content)}</main>
${data}
<script>${trusted(script)}</script></body></html>
`;
  return page.text;
}

/** A part of a page under a heading. */
export function section(id: string, title: string, content: Html): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${content}</section>`;
}

/** What stands first on a page: its verdict and its sentence. @param mood of the colour at its side */
export function headerHtml(
  mood: "conformant" | "not-conformant" | "not-judged",
  verdict: string,
  subject: string,
  sentence: string,
  lines: readonly string[] = [],
): Html {
  return html`<header class="top ${mood}"><h1><span class="verdict">${verdict}</span> ${subject}</h1>
<p class="sentence">${sentence}</p>
<p class="of">${lines.map((line) => html`${line}<br>`)}</p></header>`;
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
