import type { Place } from "./places.ts";

/**
 * What the documents claim and no requirement asks yet. Who writes the requirement takes its row away; docs/coverage.md
 * shows them, so that a section with requirements is not taken for a section that is held as a whole.
 */
export const UNASKED: readonly { readonly place: Place; readonly claim: string }[] = [
  {
    place: "docs/dns#internal-networks",
    claim:
      "A container only on internal networks gets no answer of the host's servers from outside; names on its networks resolve",
  },
  { place: "docs/dns#internal-networks", claim: "Servers given with --dns are asked from an internal network as well" },
  {
    place: "docs/port-publishing#gateway-modes",
    claim: "routed: no translation, the container's own address, only published ports open, no host port taken",
  },
  {
    place: "docs/port-publishing#gateway-modes",
    claim: "nat-unprotected: ports that are not published are reachable by route",
  },
  { place: "docs/port-publishing#gateway-modes", claim: "isolated: the bridge has no address on the host" },
  { place: "docs/port-publishing#example-1", claim: "routed: inspect shows an empty HostPort for that family" },
  {
    place: "docs/port-publishing#example",
    claim: "trusted_host_interfaces opens published ports by route through the named interfaces only",
  },
  {
    place: "docs/bridge#default-host-binding-address",
    claim: "host_binding_ipv4 of a network is the address that its containers publish on; :: is IPv6 only",
  },
  {
    place: "docs/bridge#options",
    claim:
      "enable_icc, enable_ip_masquerade, mtu, container_iface_prefix and bridge.name of one network have their effect",
  },
  {
    place: "docs/bridge#skip-bridge-ip-address-configuration",
    claim: "inhibit_ipv4: the bridge has no IPv4 address, and nothing comes in or out until it is given one",
  },
  {
    place: "docs/bridge#connection-limit-for-bridge-networks",
    claim: "A bridge network carries 1000 containers and not many more",
  },
  {
    place: "docs/bridge#manage-a-user-defined-bridge",
    claim: "A network with containers can't be removed until they are disconnected",
  },
  { place: "docs/release-28#2800", claim: "com.docker.network.endpoint.ifname names the interface" },
  {
    place: "cli/network_connect#sysctl",
    claim: "endpoint.sysctls sets a sysctl of one interface, also when a running container is connected",
  },
  {
    place: "cli/container_run#currently-supported-sysctls",
    claim: "--sysctl net.* takes effect, and is refused in host mode",
  },
  { place: "cli/container_run#network", claim: "--mac-address is used, shown and kept over a restart" },
  {
    place: "cli/container_run#network",
    claim: "Several --network at once, each with its own address, alias and MAC address",
  },
  { place: "cli/network_connect#options", claim: "--link-local-ip gives a further address" },
  { place: "docs/network#container-networks", claim: "The flags that container mode does not support are refused" },
  { place: "docs/host", claim: "-p in host mode is answered with a warning" },
  {
    place: "cli/network_create#description",
    claim: "Networks of one name are refused; bridge, host and none can be neither made nor removed",
  },
  {
    place: "cli/network_rm#remove-multiple-networks",
    claim: "Removing several networks goes on after one that failed",
  },
  { place: "cli/network_prune#description", claim: "prune removes every unused network of users" },
  { place: "cli/network_prune#filter", claim: "prune honours until and label" },
  { place: "cli/network_create#specify-advanced-options", claim: "A bridge network takes one subnet per family" },
  { place: "cli/network_ls#filter", claim: "network ls filters by driver, id, label, name, scope and type" },
  { place: "cli/network_ls#format", claim: "network ls prints by template" },
  { place: "cli/container_ls#network", claim: "ps filters by network" },
  { place: "cli/container_ls#publish-and-expose", claim: "ps filters by published and exposed port" },
  {
    place: "docs/ipv6#dynamic-ipv6-subnet-allocation",
    claim:
      "--ipv6 without a subnet gives a /64 of a unique local prefix made from the engine's id; pools may hold IPv6 networks",
  },
  { place: "docs/network#ip-address-and-hostname", claim: "--ipv4=false gives a network without IPv4" },
  {
    place: "docs/network#automatic-subnet-allocation",
    claim: "--subnet 0.0.0.0/24 and ::/56 ask for a size out of the pools",
  },
  { place: "api#IPAMStatus", claim: "inspect counts the addresses in use and those that are left" },
  {
    place: "cli/network_connect#network-implications-of-stopping-pausing-or-restarting-containers",
    claim: "A given address is taken again at a restart; where it is taken meanwhile, the start fails",
  },
  {
    place: "docs/dns#names-the-embedded-dns-server-resolves-itself",
    claim: "Answers have a TTL of 600 s; MX of a known name is empty and successful",
  },
  {
    place: "docs/dns#forwarding-and-failover",
    claim: "Upstream servers are asked in order, 4 s each; SERVFAIL and REFUSED lead to the next, NXDOMAIN is final",
  },
  {
    place: "docs/dns#upstream-servers",
    claim:
      "Only the first three servers are asked; the host's from the host's namespace, those of --dns from the container's",
  },
  {
    place: "docs/dns#search-domains-and-ndots",
    claim: "With ndots set, a single unknown label gives an empty answer and is not passed on",
  },
  { place: "docs/dns#limits", claim: "Answers over 512 bytes are truncated and asked for again over TCP" },
  { place: "docs/release-29#2910", claim: "A resolv.conf that the user edited is not overwritten at a restart" },
  { place: "docs/network#custom-hosts", claim: "The host's own hosts file is not inherited" },
  { place: "cli/container_run#uts", claim: "--uts=host gives the host's hostname, and excludes --hostname" },
  {
    place: "docs/links#updating-the-etchosts-file",
    claim: "--link on the default bridge: a line in the hosts file and a way where icc is off",
  },
  {
    place: "cli/deprecated#legacy-links-environment-variables",
    claim: "No environment variables for links since Engine 29.0",
  },
  {
    place: "cli/network_connect#link",
    claim: "A link on a user-defined network is an alias for the linking container alone",
  },
  { place: "docs/links#connect-using-network-port-mapping", claim: "SCTP ports can be published" },
  { place: "docs/links#connect-using-network-port-mapping", claim: "-p 8000-9000:5000 takes a free port of the range" },
  {
    place: "docs/firewall-iptables#add-iptables-policies-before-dockers-rules",
    claim: "Rules in DOCKER-USER win over Docker's; rules appended to FORWARD stay behind them",
  },
  {
    place: "docs/firewall-iptables#match-the-original-ip-and-ports-for-requests",
    claim: "--ctorigdst in DOCKER-USER matches the address that was asked",
  },
  {
    place: "docs/firewall-iptables#allow-forwarding-between-host-interfaces",
    claim: "An ACCEPT in DOCKER-USER lets a host route between its own interfaces",
  },
  {
    place: "docs/firewall-nftables#dockers-nftables-tables",
    claim: "nftables backend: the tables docker-bridges, no DOCKER-USER, and the same reachability",
  },
  {
    place: "docs/firewall-nftables#ip-forwarding",
    claim: "nftables backend: forwarding is not switched on, dockerd does not start without it",
  },
  {
    place: "docs/firewall-nftables#migrating-from-iptables-to-nftables",
    claim: "Another backend takes the rules of the former away",
  },
  {
    place: "docs/firewall-nftables#migrating-accept-rules",
    claim: "bridge-accept-fwmark: marked packets pass Docker's drops",
  },
  {
    place: "docs/firewalls-28#integration-with-firewalld",
    claim: "firewalld: zone docker with every bridge, policy docker-forwarding",
  },
  { place: "docs/firewalls-28#docker-and-ufw", claim: "ufw does not see what is for containers" },
  { place: "docs/macvlan#options", claim: "macvlan modes vepa, passthru and private" },
  {
    place: "docs/macvlan#8021q-trunk-bridge-mode",
    claim: "A VLAN sub-interface is made with the network and taken away with it",
  },
  {
    place: "docs/overlay#create-an-overlay-network",
    claim: "Only an attachable overlay network takes containers beside services",
  },
  {
    place: "docs/overlay#use-an-overlay-network-for-standalone-containers",
    claim: "Names resolve over hosts; the network appears on a host with its first container",
  },
  { place: "docs/overlay#encrypt-traffic-on-an-overlay-network", claim: "--opt encrypted: IPsec on the wire" },
  { place: "cli/network_create#ingress", claim: "Only one ingress network at a time" },
  {
    place: "cli/network_create#swarm-networks-with-local-scope-drivers",
    claim: "config-only and config-from networks",
  },
  { place: "cli/dockerd#daemon-configuration-file", claim: "dockerd --validate judges a file without starting" },
  {
    place: "cli/dockerd#configuration-reload-behavior",
    claim: "A reload with a conflict is refused, and dockerd goes on",
  },
  { place: "cli/dockerd#run-multiple-daemons", claim: "Several daemons on one host" },
  { place: "docs/live-restore#enable-live-restore", claim: "live-restore can be switched on by a reload alone" },
  {
    place: "cli/container_port#show-all-mapped-ports",
    claim: "docker port C 80 without a protocol; a port that is not published is an error",
  },
  { place: "docs/ipvlan#options", claim: "ipvlan in its modes l2, l3 and l3s, and its flags" },
  {
    place: "docs/ipvlan#ipvlan-l2-mode-example-usage",
    claim: "Without a parent or with --internal a dummy interface isolates the network",
  },
  {
    place: "docs/ipvlan#ipvlan-8021q-trunk-l2-mode-example-usage",
    claim: "A VLAN sub-interface is made with the network and taken away with it",
  },
  {
    place: "docs/swarm-networking#overlay-networking",
    claim: "A swarm makes the networks ingress and docker_gwbridge",
  },
  {
    place: "docs/swarm-networking#using-custom-default-address-pools",
    claim: "Overlay networks take their subnets one after another out of the swarm's pools",
  },
  {
    place: "docs/swarm-networking#configure-service-discovery",
    claim: "A service has a virtual address, or with dnsrr the addresses of its tasks",
  },
  { place: "docs/swarm-networking#container-discovery", claim: "tasks.NAME resolves to the addresses of all tasks" },
];
