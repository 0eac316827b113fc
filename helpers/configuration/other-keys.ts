import type { SwitchKey } from "../model/version-switches.ts";

/** What dockerd reads in a key that is not about networks. Only what it takes is known here, never what it holds: registries, proxies and credentials stay unread. */
export interface OtherKey {
  readonly kind: "text" | "boolean" | "number" | "list" | "text map" | "boolean map" | "any";
  /** The switch that brought it; undefined = every engine that is judged has it. */
  readonly since?: SwitchKey;
  /** The switch that took it away. */
  readonly until?: SwitchKey;
}

const TEXT = { kind: "text" } as const;
const BOOLEAN = { kind: "boolean" } as const;
const NUMBER = { kind: "number" } as const;
const LIST = { kind: "list" } as const;

/**
 * Every key of `daemon.json` that is not one of `NETWORK_KEYS`, on Linux: what dockerd has a flag and a field for
 * (moby `cmd/dockerd/config*.go` and `daemon/config/`, tags v20.10.0 to v29.7.2).
 */
export const OTHER_KEYS: Readonly<Record<string, OtherKey>> = {
  "allow-nondistributable-artifacts": LIST,
  "api-cors-header": { kind: "text", until: "no-cors-header-key" },
  "authorization-plugins": LIST,
  "bridge-accept-fwmark": { kind: "text", since: "firewall-backend-choice" },
  builder: { kind: "any" },
  "cdi-spec-dirs": { kind: "list", since: "log-format-and-cdi-keys" },
  "cgroup-parent": TEXT,
  "cluster-advertise": { kind: "text", until: "no-cluster-store-keys" },
  "cluster-store": { kind: "text", until: "no-cluster-store-keys" },
  "cluster-store-opts": { kind: "text map", until: "no-cluster-store-keys" },
  containerd: TEXT,
  "containerd-namespace": TEXT,
  "cpu-rt-period": NUMBER,
  "cpu-rt-runtime": NUMBER,
  "cri-containerd": BOOLEAN,
  "data-root": TEXT,
  debug: BOOLEAN,
  "default-cgroupns-mode": TEXT,
  "default-ipc-mode": TEXT,
  "default-runtime": TEXT,
  "default-shm-size": { kind: "any" },
  "default-stop-timeout": { kind: "number", since: "default-stop-timeout-key" },
  "default-ulimits": { kind: "any" },
  "deprecated-key-path": TEXT,
  "exec-opts": LIST,
  "exec-root": TEXT,
  features: { kind: "boolean map" },
  graph: { kind: "text", until: "no-cluster-store-keys" },
  group: TEXT,
  hosts: LIST,
  "http-proxy": { kind: "text", since: "proxy-keys" },
  "https-proxy": { kind: "text", since: "proxy-keys" },
  init: BOOLEAN,
  "init-path": TEXT,
  "insecure-registries": LIST,
  labels: LIST,
  "log-driver": TEXT,
  "log-format": { kind: "text", since: "log-format-and-cdi-keys" },
  "log-level": TEXT,
  "log-opts": { kind: "text map" },
  "max-concurrent-downloads": NUMBER,
  "max-concurrent-uploads": NUMBER,
  "max-download-attempts": NUMBER,
  "metrics-addr": TEXT,
  "min-api-version": { kind: "text", since: "min-api-version-key" },
  "network-control-plane-mtu": NUMBER,
  "network-diagnostic-port": NUMBER,
  "no-new-privileges": BOOLEAN,
  "no-proxy": { kind: "text", since: "proxy-keys" },
  "node-generic-resources": LIST,
  "nri-opts": { kind: "any", since: "nri-key" },
  "oom-score-adjust": { kind: "number", until: "no-oom-score-key" },
  pidfile: TEXT,
  "raw-logs": BOOLEAN,
  "registry-mirrors": LIST,
  rootless: BOOLEAN,
  runtimes: { kind: "any" },
  "seccomp-profile": TEXT,
  "selinux-enabled": BOOLEAN,
  "shutdown-timeout": NUMBER,
  "storage-driver": TEXT,
  "storage-opts": LIST,
  "swarm-default-advertise-addr": TEXT,
  tls: BOOLEAN,
  tlscacert: TEXT,
  tlscert: TEXT,
  tlskey: TEXT,
  tlsverify: BOOLEAN,
  "userland-proxy-path": TEXT,
  "userns-remap": TEXT,
};

/**
 * Names that dockerd lets stand in the file because a flag is called so, and takes nothing from: there is no such field.
 * The value is the key that does it, or "" where a file can't.
 */
export const FLAG_NAMES_WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  "add-runtime": "runtimes",
  "authorization-plugin": "authorization-plugins",
  "cdi-spec-dir": "cdi-spec-dirs",
  "cluster-store-opt": "cluster-store-opts",
  "config-file": "",
  "containerd-plugins-namespace": "",
  "default-address-pool": "default-address-pools",
  "default-network-opt": "default-network-opts",
  "default-ulimit": "default-ulimits",
  "dns-opt": "dns-opts",
  "exec-opt": "exec-opts",
  help: "",
  host: "hosts",
  "insecure-registry": "insecure-registries",
  label: "labels",
  "log-opt": "log-opts",
  "node-generic-resource": "node-generic-resources",
  "registry-mirror": "registry-mirrors",
  restart: "",
  "storage-opt": "storage-opts",
  version: "",
};

/** Objects that dockerd takes as one value; of every other object it only looks whether the names inside are known. */
export const FLAT_KEYS: ReadonlySet<string> = new Set([
  "builder",
  "cluster-store-opts",
  "default-ulimits",
  "features",
  "log-opts",
  "nri-opts",
  "runtimes",
]);

/** Keys that count inside of `proxies` only; at the top of the file they are let stand, for the flags' sake. */
export const PROXY_KEYS: ReadonlySet<string> = new Set(["http-proxy", "https-proxy", "no-proxy"]);
