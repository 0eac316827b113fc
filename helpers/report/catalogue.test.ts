import { expect, test } from "vitest";
import type { SourceDocument } from "../model/source.ts";
import { renderCatalogue } from "./catalogue.ts";
import { conformantRun, HOSTILE, inLab, nameNotFound } from "./sample-results.ts";

const DOCUMENTS: readonly SourceDocument[] = [
  { key: "docs/dns", kind: "documentation", title: "DNS", link: "https://example.org/dns.md", sections: [] },
  { key: "D1", kind: "tutorial", title: "Container networking", sections: [] },
  { key: "D2", kind: "tutorial", title: "Cited by none", sections: [] },
];

const hostileSource = { kind: "tutorial", document: HOSTILE, section: HOSTILE, words: HOSTILE } as const;

test("a page by suite, with what one host can't judge apart", () => {
  const entries = [...conformantRun.requirements.filter(({ id }) => id !== "PORT-10"), inLab, nameNotFound];
  expect(renderCatalogue(entries, DOCUMENTS)).toMatchInlineSnapshot(`
    "# Catalogue of requirements

    Generated from the suites; edits are overwritten.

    6 requirements in 5 suites; 1 of them can't be judged by one host alone.

    | suite | requirements | file |
    | --- | --- | --- |
    | none | 2 | suites/none/none.test.ts |
    | published ports | 1 | suites/none/none.test.ts |
    | host network | 1 | suites/none/none.test.ts |
    | macvlan | 1 | suites/none/none.test.ts |
    | user-defined bridge | 1 | suites/user-defined-bridge/names.test.ts |

    ## Sources

    - **docs/dns** (documentation): [DNS](https://example.org/dns.md)
    - **D1** (tutorial): Container networking

    ## Not judged by one host

    | id | needs | why |
    | --- | --- | --- |
    | MAC-05 | second host | what a neighbour on the LAN sees can't be asked from the host itself (npm run test:lab) |

    ## none

    | id | requirement | applies to | needs | sources |
    | --- | --- | --- | --- | --- |
    | NONE-01 | A container MUST have a loopback interface | every engine | – | D1 None networks |
    | NONE-02 | A container without network MUST have no default route | every engine | – | D1 None networks |

    ## published ports

    | id | requirement | applies to | needs | sources |
    | --- | --- | --- | --- | --- |
    | PORT-09 | A container MUST have a loopback interface | every engine | – | D1 None networks |

    ## host network

    | id | requirement | applies to | needs | sources |
    | --- | --- | --- | --- | --- |
    | HOST-08 | A container MUST have a loopback interface | every engine | – | D1 None networks |

    ## macvlan

    | id | requirement | applies to | needs | sources |
    | --- | --- | --- | --- | --- |
    | MAC-05 | A container MUST have a loopback interface | every engine | second host | D1 None networks |

    ## user-defined bridge

    | id | requirement | applies to | needs | sources |
    | --- | --- | --- | --- | --- |
    | UDN-04 | Containers on one user-defined bridge MUST resolve each other by container name | every engine | – | [docs/dns#limits](https://example.org/dns.md#limits) “resolves the names of other containers”; [engine moby#20007](https://example.org/20007); D1 User-defined bridges |
    "
  `);
});

test("hostile text stays inside its cell", () => {
  const page = renderCatalogue(
    [{ ...inLab, must: HOSTILE, suite: HOSTILE, sources: [{ ...hostileSource, link: HOSTILE }] }],
    [{ key: HOSTILE, kind: "tutorial", title: HOSTILE, link: HOSTILE, sections: [] }],
  );
  expect(page).not.toMatch(/<(?!br>)/);
  expect(page).not.toMatch(/^# head/m);
});
