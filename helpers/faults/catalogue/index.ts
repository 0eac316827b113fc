import { type Fault, LAYERS } from "../fault.ts";
import { BETWEEN_HOSTS_FAULTS } from "./between-hosts.ts";
import { CONFIGURATION_FAULTS } from "./configuration.ts";
import { DOCKER_COMMAND_FAULTS } from "./docker-command.ts";
import { DOCKERD_FAULTS } from "./dockerd.ts";
import { DOCKERD_RESTART_FAULTS } from "./dockerd-restarts.ts";
import { DOCKERD_SCOPE_FAULTS } from "./dockerd-scope.ts";
import { FORWARDING_FAULTS } from "./filter/forwarding.ts";
import { HOST_CHAIN_FAULTS } from "./filter/host-chains.ts";
import { ISOLATION_FAULTS } from "./filter/isolation.ts";
import { WHOLE_FILTER_FAULTS } from "./filter/whole.ts";
import { HAND_BUILT_ADDRESS_FAULTS } from "./hand-built/addresses-and-routes.ts";
import { HAND_BUILT_BRIDGE_FAULTS } from "./hand-built/bridges.ts";
import { NAMED_NAMESPACE_FAULTS } from "./hand-built/namespaces.ts";
import { VETH_PAIR_FAULTS } from "./hand-built/veth-pairs.ts";
import { IPV6_FAULTS } from "./ipv6.ts";
import { ATTACHMENT_FAULTS } from "./links/attachments.ts";
import { BRIDGE_LINK_FAULTS } from "./links/bridges.ts";
import { HOST_END_FAULTS } from "./links/host-ends.ts";
import { INTERFACE_FAULTS } from "./links/interfaces.ts";
import { CONTAINER_ADDRESS_LIES } from "./lying-api/container-addresses.ts";
import { CONTAINER_LIES } from "./lying-api/containers.ts";
import { LIST_LIES } from "./lying-api/lists.ts";
import { NETWORK_LIES } from "./lying-api/networks.ts";
import { MACVLAN_AND_OVERLAY_FAULTS } from "./macvlan-and-overlay.ts";
import { NAME_FILE_FAULTS } from "./names/files.ts";
import { HOSTNAME_FAULTS } from "./names/hostnames.ts";
import { RESOLVER_FAULTS } from "./names/resolver.ts";
import { NAMESPACES_FAULTS } from "./namespaces.ts";
import { MASQUERADE_FAULTS } from "./nat/masquerade.ts";
import { PUBLICATION_FAULTS } from "./nat/publications.ts";
import { WAY_TO_DOCKER_FAULTS } from "./nat/ways-to-docker.ts";
import { PORTS_FAULTS } from "./ports.ts";
import { ROUTE_AND_SYSCTL_FAULTS } from "./routes-and-sysctls.ts";
import { SIZE_AND_LOSS_FAULTS } from "./sizes-and-loss.ts";
import { UNSEEN_WAYS_FAULTS } from "./unseen-ways.ts";
import { WORKLOAD_FAULTS } from "./workloads.ts";

const ALL: readonly Fault[] = [
  ...PUBLICATION_FAULTS,
  ...WAY_TO_DOCKER_FAULTS,
  ...MASQUERADE_FAULTS,
  ...WHOLE_FILTER_FAULTS,
  ...ISOLATION_FAULTS,
  ...FORWARDING_FAULTS,
  ...HOST_CHAIN_FAULTS,
  ...SIZE_AND_LOSS_FAULTS,
  ...IPV6_FAULTS,
  ...BRIDGE_LINK_FAULTS,
  ...ATTACHMENT_FAULTS,
  ...HOST_END_FAULTS,
  ...INTERFACE_FAULTS,
  ...ROUTE_AND_SYSCTL_FAULTS,
  ...RESOLVER_FAULTS,
  ...NAME_FILE_FAULTS,
  ...HOSTNAME_FAULTS,
  ...PORTS_FAULTS,
  ...NAMESPACES_FAULTS,
  ...NAMED_NAMESPACE_FAULTS,
  ...VETH_PAIR_FAULTS,
  ...HAND_BUILT_ADDRESS_FAULTS,
  ...HAND_BUILT_BRIDGE_FAULTS,
  ...MACVLAN_AND_OVERLAY_FAULTS,
  ...CONFIGURATION_FAULTS,
  ...DOCKERD_FAULTS,
  ...DOCKERD_SCOPE_FAULTS,
  ...DOCKERD_RESTART_FAULTS,
  ...CONTAINER_ADDRESS_LIES,
  ...CONTAINER_LIES,
  ...NETWORK_LIES,
  ...LIST_LIES,
  ...DOCKER_COMMAND_FAULTS,
  ...BETWEEN_HOSTS_FAULTS,
  ...UNSEEN_WAYS_FAULTS,
  ...WORKLOAD_FAULTS,
];

/** Every fault, layer by layer in the order of {@link LAYERS}. */
export const FAULTS: readonly Fault[] = ALL.toSorted((a, b) => LAYERS.indexOf(a.layer) - LAYERS.indexOf(b.layer));
