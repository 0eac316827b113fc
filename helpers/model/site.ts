import type { Subject } from "./subject.ts";

/** A published port of a container, as the engine bound it. */
export type BoundPort = Omit<Extract<Subject, { kind: "published port" }>, "kind" | "container">;

/** A network of the suites' own. */
export interface SiteNetwork {
  readonly name: string;
  readonly driver: string;
  /** The host's device that it was asked to hang on (`parent`); mostly empty. */
  readonly device: string;
  readonly subnets: readonly string[];
  readonly internal: boolean;
}

/** A container of the suites' own, as the engine made it. */
export interface SiteContainer {
  readonly name: string;
  /** `host`, `none`, `container:NAME`; null where it has networks. */
  readonly mode: string | null;
  readonly networks: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  readonly ports: readonly BoundPort[];
  /** Those that it was given by its creator. */
  readonly nameServers: readonly string[];
}

/** What the suites had on the engine, made and removed by this run. */
export interface Site {
  /** The suite's file. */
  readonly file: string;
  readonly networks: readonly SiteNetwork[];
  readonly containers: readonly SiteContainer[];
}
