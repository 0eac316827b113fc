import { type Fault, LAYERS } from "../fault.ts";
import { BETWEEN_HOSTS_FAULTS } from "./between-hosts.ts";
import { CONFIGURATION_FAULTS } from "./configuration.ts";
import { DOCKER_COMMAND_FAULTS } from "./docker-command.ts";
import { DOCKERD_FAULTS } from "./dockerd.ts";
import { DOCKERD_RESTART_FAULTS } from "./dockerd-restarts.ts";
import { DOCKERD_SCOPE_FAULTS } from "./dockerd-scope.ts";
import { FILTER_FAULTS } from "./filter.ts";
import { HAND_BUILT_FAULTS } from "./hand-built.ts";
import { IPV6_FAULTS } from "./ipv6.ts";
import { LINK_FAULTS } from "./links.ts";
import { LYING_API_FAULTS } from "./lying-api.ts";
import { MACVLAN_AND_OVERLAY_FAULTS } from "./macvlan-and-overlay.ts";
import { NAMES_FAULTS } from "./names.ts";
import { NAMESPACES_FAULTS } from "./namespaces.ts";
import { NAT_FAULTS } from "./nat.ts";
import { PORTS_FAULTS } from "./ports.ts";
import { ROUTE_AND_SYSCTL_FAULTS } from "./routes-and-sysctls.ts";
import { SIZE_AND_LOSS_FAULTS } from "./sizes-and-loss.ts";
import { UNSEEN_WAYS_FAULTS } from "./unseen-ways.ts";
import { WORKLOAD_FAULTS } from "./workloads.ts";

const ALL: readonly Fault[] = [
  ...NAT_FAULTS,
  ...FILTER_FAULTS,
  ...SIZE_AND_LOSS_FAULTS,
  ...IPV6_FAULTS,
  ...LINK_FAULTS,
  ...ROUTE_AND_SYSCTL_FAULTS,
  ...NAMES_FAULTS,
  ...PORTS_FAULTS,
  ...NAMESPACES_FAULTS,
  ...HAND_BUILT_FAULTS,
  ...MACVLAN_AND_OVERLAY_FAULTS,
  ...CONFIGURATION_FAULTS,
  ...DOCKERD_FAULTS,
  ...DOCKERD_SCOPE_FAULTS,
  ...DOCKERD_RESTART_FAULTS,
  ...LYING_API_FAULTS,
  ...DOCKER_COMMAND_FAULTS,
  ...BETWEEN_HOSTS_FAULTS,
  ...UNSEEN_WAYS_FAULTS,
  ...WORKLOAD_FAULTS,
];

/** Every fault, layer by layer in the order of {@link LAYERS}. */
export const FAULTS: readonly Fault[] = ALL.toSorted((a, b) => LAYERS.indexOf(a.layer) - LAYERS.indexOf(b.layer));
