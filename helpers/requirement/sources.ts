import type { Source } from "../model/results.ts";

/** The documents that the requirements were read out of. */
export const DOCUMENTS = {
  D0: "Communication between containers: virtual switches, the four network modes, daemon.json (tutorial, 2019)",
  D1: "docker容器网络 (blog, 2020–2022): modes, published ports, iptables, packet captures, macvlan",
  D2: "Docker 网络 (tutorial, 2018): none, host, bridge, user-defined networks, Docker DNS",
  D3: "Docker第四回 容器虚拟化网络 (course notes): virtual networks, namespaces, open and closed containers",
  D4: "从 Linux network namespace 认识 Docker 网络模型 (blog): namespaces, veth pairs, bridges by hand",
  engine: "The Engine's own documentation, tests and issues (moby/moby)",
} as const;

export type DocumentId = keyof typeof DOCUMENTS;

function source(document: DocumentId): (section: string) => Source {
  return (section) => ({ document, section });
}

/** Sections of the source documents: `D1("5.5")`. */
export const D0 = source("D0");
export const D1 = source("D1");
export const D2 = source("D2");
export const D3 = source("D3");
export const D4 = source("D4");
/** A fact of the Engine itself: `engine("moby#48808")`. */
export const engine = source("engine");
