import type { SourceKind } from "../../model/source.ts";

/** Documents of one kind in one repository on GitHub, by the key that suites cite them by. */
export interface DocumentSet {
  readonly kind: SourceKind;
  /** `owner/name`. */
  readonly repository: string;
  readonly documents: Readonly<Record<string, StoredDocument>>;
}

export interface StoredDocument {
  readonly title: string;
  readonly path: string;
  /** The commit at which it was read. */
  readonly commit: string;
  /**
   * What can be cited of it: the anchors of its headings as GitHub makes them, in the order of the page; or, where the
   * page has none, the lines of what it names (an option, a definition, a test). Empty: it is cited whole.
   */
  readonly sections: readonly string[] | Readonly<Record<string, number>>;
}
