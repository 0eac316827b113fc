/**
 * What a requirement rests on. `documentation`, `API description`, `Engine` (its source, tests and pull requests) and
 * `standard` (RFC, kernel or manual page) can be opened by anybody; a `tutorial` is the text that the requirement was
 * first read out of; `observed` is no text, but what engines were seen to do.
 */
export type SourceKind = "documentation" | "API description" | "Engine" | "standard" | "tutorial" | "observed";

/** Where it is written, and in which words. */
export interface Source {
  readonly kind: SourceKind;
  /** Key of the document in the table of documents: `docs/dns`, `api`, `D1`. */
  readonly document: string;
  /** Anchor of the heading, name of the option, definition or test, number of the issue; empty: the head of the page. */
  readonly section: string;
  /** The few words of it that say this very thing, as they stand there. */
  readonly words?: string;
  /** Where it can be opened, at the commit at which it was read. */
  readonly link?: string;
}

/** Where a document says otherwise than engines do: it is wrong, dated, or tells half. */
export interface Difference {
  readonly source: Source;
  /** What engines do instead, one sentence. */
  readonly instead: string;
  /** The engines on which that was seen. */
  readonly seenOn: readonly string[];
}

/** A document that sources name. */
export interface SourceDocument {
  readonly key: string;
  readonly kind: SourceKind;
  readonly title: string;
  /** Missing where the document tells no address. */
  readonly link?: string;
  /** Its sections that speak of networks, in their order; empty where it is cited whole. */
  readonly sections: readonly { readonly name: string; readonly link: string }[];
  /** What it claims and no requirement asks, by section (empty: the head of the page). */
  readonly unasked?: readonly { readonly section: string; readonly claim: string }[];
}
