import type { Fault } from "../fault.ts";
import { CONFIGURATION_FAULTS } from "./configuration.ts";
import { DOCKER_COMMAND_FAULTS } from "./docker-command.ts";
import { DOCKERD_FAULTS } from "./dockerd.ts";
import { FILTER_FAULTS } from "./filter.ts";
import { HAND_BUILT_FAULTS } from "./hand-built.ts";
import { LINK_FAULTS } from "./links.ts";
import { LYING_API_FAULTS } from "./lying-api.ts";
import { MACVLAN_AND_OVERLAY_FAULTS } from "./macvlan-and-overlay.ts";
import { NAMES_FAULTS } from "./names.ts";
import { NAMESPACES_FAULTS } from "./namespaces.ts";
import { NAT_FAULTS } from "./nat.ts";
import { PORTS_FAULTS } from "./ports.ts";
import { ROUTE_AND_SYSCTL_FAULTS } from "./routes-and-sysctls.ts";

/** Every fault, layer by layer in the order of {@link LAYERS}. */
export const FAULTS: readonly Fault[] = [
  ...NAT_FAULTS,
  ...FILTER_FAULTS,
  ...LINK_FAULTS,
  ...ROUTE_AND_SYSCTL_FAULTS,
  ...NAMES_FAULTS,
  ...PORTS_FAULTS,
  ...NAMESPACES_FAULTS,
  ...HAND_BUILT_FAULTS,
  ...MACVLAN_AND_OVERLAY_FAULTS,
  ...CONFIGURATION_FAULTS,
  ...DOCKERD_FAULTS,
  ...LYING_API_FAULTS,
  ...DOCKER_COMMAND_FAULTS,
];
