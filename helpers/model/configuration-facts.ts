// The plain data of a configuration that crosses into the test workers; how it is read and judged is in
// helpers/configuration.

/** The networking keys of `daemon.json`, and the one beside them that a suite judges, with the values that set them. */
export interface NetworkConfiguration {
  readonly bip?: string;
  readonly bip6?: string;
  readonly bridge?: string;
  readonly "fixed-cidr"?: string;
  readonly "fixed-cidr-v6"?: string;
  readonly "default-gateway"?: string;
  readonly "default-gateway-v6"?: string;
  readonly mtu?: number;
  readonly dns?: readonly string[];
  readonly "dns-opts"?: readonly string[];
  readonly "dns-search"?: readonly string[];
  readonly icc?: boolean;
  readonly ip?: string;
  readonly "ip-forward"?: boolean;
  readonly "ip-forward-no-drop"?: boolean;
  readonly "ip-masq"?: boolean;
  readonly iptables?: boolean;
  readonly ip6tables?: boolean;
  readonly ipv6?: boolean;
  readonly "userland-proxy"?: boolean;
  readonly "default-address-pools"?: readonly { readonly base: string; readonly size: number }[];
  readonly "default-network-opts"?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly "allow-direct-routing"?: boolean;
  readonly "host-gateway-ip"?: string;
  readonly "host-gateway-ips"?: readonly string[];
  readonly "live-restore"?: boolean;
  readonly "firewall-backend"?: string;
  readonly experimental?: boolean;
  readonly "default-ipc-mode"?: string;
}

export type NetworkKeyName = Exclude<keyof NetworkConfiguration, "default-ipc-mode">;

/** What file and flags ask for one key. */
export interface Claim {
  readonly value: unknown;
  readonly origin: "file" | "flag";
  /** The file's value where the key stands in both: dockerd does not start so, hence the file was edited afterwards. */
  readonly alsoInFile?: unknown;
}

/** Every networking key that is set, with where. */
export type Claims = Readonly<Partial<Record<NetworkKeyName, Claim>>>;

/**
 * The networking keys as the engine itself tells them. A key is missing where no answer of the engine's shows it, and
 * null where the answer shows that there is nothing (no range, no gateway of its own).
 */
export type EffectiveValues = Readonly<Partial<Record<NetworkKeyName, unknown>>>;

export type FileProblemKind =
  | "invalid JSON"
  | "not an object"
  | "unknown key"
  | "duplicate key"
  | "wrong type"
  /** The type is right and the value is not, alone or beside another key. */
  | "bad value"
  /** Another version has the key. */
  | "not at this version"
  /** dockerd lets it stand and takes nothing from it. */
  | "no effect";

/** Something about a `daemon.json` that its author would want to know before dockerd meets it. */
export interface FileProblem {
  readonly kind: FileProblemKind;
  /** The key it is about; null where the text as a whole is. */
  readonly key: string | null;
  /** Both counted from 1. */
  readonly line: number;
  readonly column: number;
  /** For people, without the place. Never holds the value of a key that is not about networks. */
  readonly message: string;
  /** dockerd does not start with this file. False: it starts, and something is not as it reads. */
  readonly refused: boolean;
}
