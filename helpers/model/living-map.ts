/** How something stands: as it must be, broken, worth a note, or changed while it was looked at. */
export type State = "right" | "broken" | "noted" | "changed" | "not running";

export interface PortRow {
  /** `0.0.0.0:8080 → 80/tcp` */
  readonly text: string;
  readonly state: State;
}

export interface ContainerRow {
  readonly name: string;
  readonly project: string | null;
  readonly status: string;
  readonly addresses: readonly string[];
  readonly ports: readonly PortRow[];
  /** Name servers that it was given itself; missing for none. */
  readonly nameServers?: readonly string[];
  readonly state: State;
}

export interface NetworkRow {
  /** Name of the network; `host`, `none` and `container:…` gather what has none of its own. */
  readonly name: string;
  readonly driver: string;
  readonly device: string;
  readonly subnets: readonly string[];
  readonly state: State;
  readonly internal: boolean;
  readonly containers: readonly ContainerRow[];
}

/** What runs on a host already, as it is drawn: uplinks, networks, containers, published ports. */
export interface LivingMap {
  /** Interfaces by which the host is reached by others, with its addresses there. */
  readonly uplinks: readonly { readonly device: string; readonly addresses: readonly string[] }[];
  /** Those that the host itself asks; missing where that is not known. */
  readonly nameServers?: readonly string[];
  readonly networks: readonly NetworkRow[];
  /** Containers that don't run. */
  readonly stopped: readonly ContainerRow[];
}
