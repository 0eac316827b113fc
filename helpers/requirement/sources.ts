import type { Source, SourceDocument } from "../model/source.ts";
import { type Place, WRITTEN_DOCUMENTS } from "./documents/places.ts";

/** The texts that the requirements were first read out of; they tell no address. */
const TUTORIALS = {
  D0: "Communication between containers: virtual switches, the four network modes, daemon.json (tutorial, 2019)",
  D1: "docker容器网络 (blog, 2020–2022): modes, published ports, iptables, packet captures, macvlan",
  D2: "Docker 网络 (tutorial, 2018): none, host, bridge, user-defined networks, Docker DNS",
  D3: "Docker第四回 容器虚拟化网络 (course notes): virtual networks, namespaces, open and closed containers",
  D4: "从 Linux network namespace 认识 Docker 网络模型 (blog): namespaces, veth pairs, bridges by hand",
} as const;

/** Every document that a source may name: first those that can be opened. */
export const DOCUMENTS: readonly SourceDocument[] = [
  ...WRITTEN_DOCUMENTS,
  {
    key: "engine",
    kind: "Engine",
    title: "The Engine's pull requests, issues and code",
    link: "https://github.com/moby/moby",
    sections: [],
  },
  ...Object.entries(TUTORIALS).map(([key, title]) => ({ key, kind: "tutorial" as const, title, sections: [] })),
];

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
  const [, repository, number] = /^(moby|docker\/cli)#(\d+)$/.exec(section) ?? [];
  const at = repository === "moby" ? "moby/moby" : repository;
  return {
    kind: "Engine",
    document: "engine",
    section,
    ...(at === undefined ? {} : { link: `https://github.com/${at}/issues/${number}` }),
  };
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
