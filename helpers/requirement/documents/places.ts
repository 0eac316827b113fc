import type { SourceDocument } from "../../model/source.ts";
import { CLIENT_SOURCE } from "./client-source.ts";
import { DOCKER_CLI } from "./docker-cli.ts";
import { DOCKER_DOCS } from "./docker-docs.ts";
import type { DocumentSet, StoredDocument } from "./document-set.ts";
import { ENGINE_API } from "./engine-api.ts";
import { ENGINE_MANUAL } from "./engine-manual.ts";
import { ENGINE_TESTS } from "./engine-tests.ts";
import { IPROUTE2, LINUX, MAN_PAGES } from "./linux.ts";

const SETS = [
  DOCKER_DOCS,
  DOCKER_CLI,
  ENGINE_MANUAL,
  ENGINE_API,
  ENGINE_TESTS,
  CLIENT_SOURCE,
  LINUX,
  MAN_PAGES,
  IPROUTE2,
] as const satisfies readonly DocumentSet[];

type SectionOf<Document> = Document extends { readonly sections: readonly (infer Anchor extends string)[] }
  ? Anchor
  : Document extends { readonly sections: infer Lines }
    ? keyof Lines & string
    : never;

type PlaceIn<Documents> = Documents extends unknown
  ? { [Key in keyof Documents & string]: Key | `${Key}#${SectionOf<Documents[Key]>}` }[keyof Documents & string]
  : never;

/** A document, or a section of one: `docs/none`, `docs/dns#limits`. One that isn't stored does not compile. */
export type Place = PlaceIn<(typeof SETS)[number]["documents"]>;

/** The documents that can be opened, with what can be cited of each. */
export const WRITTEN_DOCUMENTS: readonly (SourceDocument & { readonly link: string })[] = SETS.flatMap((set) =>
  Object.entries<StoredDocument>(set.documents).map(([key, document]) => {
    const link = `https://github.com/${set.repository}/blob/${document.commit}/${document.path}`;
    return { key, kind: set.kind, title: document.title, link, sections: sectionsOf(document, link) };
  }),
);

function sectionsOf({ path, sections }: StoredDocument, link: string): SourceDocument["sections"] {
  if (Array.isArray(sections)) return sections.map((name: string) => ({ name, link: `${link}#${name}` }));
  // GitHub shows a Markdown file rendered, where a line can't be pointed at.
  const plain = path.endsWith(".md") ? "?plain=1" : "";
  return Object.entries(sections).map(([name, line]) => ({ name, link: `${link}${plain}#L${line}` }));
}
