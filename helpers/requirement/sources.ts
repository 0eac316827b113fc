import type { Difference, Source, SourceDocument } from "../model/source.ts";
import { type Place, WRITTEN_DOCUMENTS } from "./documents/places.ts";
import { UNASKED } from "./documents/unasked.ts";
import { linkOf } from "./source-links.ts";

interface Tutorial {
  readonly title: string;
  /** Missing where the text tells no address. */
  readonly link?: string;
}

/** The texts that the requirements were first read out of. */
const TUTORIALS = {
  D0: {
    title: "Communication between containers: virtual switches, the four network modes, daemon.json (tutorial, 2019)",
  },
  D1: {
    title: "docker容器网络 (blog, 2020–2022): modes, published ports, iptables, packet captures, macvlan",
    link: "https://rushiy.gitee.io/docker/docker%E5%AE%B9%E5%99%A8%E7%BD%91%E7%BB%9C/index.html",
  },
  D2: { title: "Docker 网络 (tutorial, 2018): none, host, bridge, user-defined networks, Docker DNS" },
  D3: { title: "Docker第四回 容器虚拟化网络 (course notes): virtual networks, namespaces, open and closed containers" },
  D4: { title: "从 Linux network namespace 认识 Docker 网络模型 (blog): namespaces, veth pairs, bridges by hand" },
} as const satisfies Readonly<Record<string, Tutorial>>;

/** Every document that a source may name: first those that can be opened. */
export const DOCUMENTS: readonly SourceDocument[] = [
  ...WRITTEN_DOCUMENTS.map((document) => ({ ...document, unasked: unaskedOf(document.key) })),
  {
    key: "engine",
    kind: "Engine",
    title: "The Engine's pull requests, issues and code",
    link: "https://github.com/moby/moby",
    sections: [],
  },
  { key: "observed", kind: "observed", title: "What engines were seen to do, and nothing says", sections: [] },
  ...Object.entries<Tutorial>(TUTORIALS).map(([key, { title, link }]) => ({
    key,
    kind: "tutorial" as const,
    title,
    ...(link === undefined ? {} : { link }),
    sections: [],
  })),
];

function unaskedOf(document: string): { section: string; claim: string }[] {
  return UNASKED.flatMap(({ place, claim }) => {
    const [key, section = ""] = place.split("#", 2);
    return key === document ? [{ section, claim }] : [];
  });
}

/**
 * The few words of a document that say what the requirement says.
 * @param place the section that they stand in
 * @param words as they stand there, without marks of emphasis
 */
export function cite(place: Place, words: string): Source {
  const [key = "", name = ""] = place.split("#", 2);
  const document = WRITTEN_DOCUMENTS.find((one) => one.key === key);
  const section = document?.sections.find((one) => one.name === name);
  if (document === undefined || (name !== "" && section === undefined)) throw new Error(`no stored document: ${place}`);
  return { kind: document.kind, document: key, section: name, words, link: section?.link ?? document.link };
}

/** A fact of the Engine itself, by its pull request or issue where there is one: `engine("moby#48808")`. */
export function engine(section: string): Source {
  const link = linkOf(section);
  return { kind: "Engine", document: "engine", section, ...(link === null ? {} : { link }) };
}

/**
 * No text says it: this is what engines were seen to do.
 * @param engines versions, as `20.10`
 */
export function observed(engines: readonly string[], what: string): Source {
  return { kind: "observed", document: "observed", section: `on ${engines.join(", ")}: ${what}` };
}

/**
 * A document says otherwise.
 * @param place the section that says it
 * @param words what it says, as it stands there
 * @param instead what engines do, one sentence
 * @param seenOn versions of the engines on which that was seen, as `20.10`
 */
export function differs(place: Place, words: string, instead: string, seenOn: readonly string[]): Difference {
  return { source: cite(place, words), instead, seenOn };
}

function tutorial(document: keyof typeof TUTORIALS): (section: string) => Source {
  return (section) => ({ kind: "tutorial", document, section });
}

/** Sections of the tutorials: `D1("5.5")`. */
export const D0 = tutorial("D0");
export const D1 = tutorial("D1");
export const D2 = tutorial("D2");
export const D3 = tutorial("D3");
export const D4 = tutorial("D4");
