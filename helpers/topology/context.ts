import type Dockerode from "dockerode";
import pLimit from "p-limit";
import type { ImageRole } from "../engine/images.ts";
import type { Facts } from "../model/facts.ts";
import type { SubnetChooser } from "./subnets.ts";

/** What a topology needs to come up: the engine, the run it belongs to, and what is known about the host. */
export interface TopologyContext {
  readonly docker: Dockerode;
  readonly runId: string;
  readonly facts: Facts;
  /** Image references that the engine has. */
  readonly images: Readonly<Record<ImageRole, string>>;
  readonly subnets: SubnetChooser;
  /** testcontainers knows one engine per process; on a second one containers are made through the API. */
  readonly throughTestcontainers: boolean;
}

/**
 * Engine operations that one worker has under way at once. A small machine's engine gains nothing beyond a few
 * (measured on two cores: 335 ms one by one, 207 ms at four, 187 ms at eight), and more only raises the latency of
 * each, and with it the probes' round trips.
 */
export const engineTurn = pLimit(3);
