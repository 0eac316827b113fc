import type { Source } from "../model/source.ts";
import { markdownLink, markdownText } from "./markdown-text.ts";

/** A source in one line, with the words that it says and where it can be opened. */
export function sourceText(source: Source): string {
  const { words, link } = source;
  return [
    sourcePlace(source),
    ...(words === undefined ? [] : [`“${words}”`]),
    ...(link === undefined ? [] : [link]),
  ].join(" ");
}

/** A source as Markdown: its place, linked where it can be opened, and its words. */
export function sourceMarkdown(source: Source): string {
  const { words, link } = source;
  const shown = link === undefined ? markdownText(sourcePlace(source)) : markdownLink(sourcePlace(source), link);
  return words === undefined ? shown : `${shown} “${markdownText(words)}”`;
}

/** Sections of stored documents are anchors; the others are headings or numbers, and stand apart. */
export function sourcePlace({ document, section, words }: Source): string {
  if (section === "") return document;
  return words === undefined ? `${document} ${section}` : `${document}#${section}`;
}
