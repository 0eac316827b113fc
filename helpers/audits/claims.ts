/** The claims about a living host, by the ids of the requirements that they are. */
export const CLAIMS = {
  "LIVE-01":
    "A running container MUST have its loopback and the interface of each network that it is attached to, up, with the addresses that the engine gave it, and alone there; on a bridge with the hardware address and the MTU as well",
  "LIVE-02":
    "The host's end of a container's veth pair MUST be a forwarding port of its network's bridge, the one that the bridge sends the container's frames to",
  "LIVE-03": "A running container MUST have a route to each of its networks, and a default route by a gateway of them",
  "LIVE-04": "A container that joins another's network MUST share that one's network namespace",
  "LIVE-05": "A bridge network MUST have its device, up and with the gateway's addresses",
  "LIVE-06": "The host MUST send what is for a bridge network's containers by that network's bridge",
  "LIVE-07": "What the containers of a bridge network send beyond the host, and the answers, MUST be forwarded",
  "LIVE-08": "What the containers of a bridge network send beyond the host MUST be masqueraded",
  "LIVE-09":
    "Containers of one bridge network MUST reach each other where inter-container communication is on, and MUST NOT where it is off",
  "LIVE-10":
    "A bridge network MUST be closed to the containers of other networks, since Engine 28 to other machines at its containers' own addresses, and an internal one to the world",
  "LIVE-11":
    "What is sent to a published port MUST be translated to its container; without docker-proxy also what this host or the container itself sends there",
  "LIVE-12": "What was translated for a published port MUST be forwarded to its container",
  "LIVE-13": "The docker-proxy of a published port MUST run, listen on the host address and lead to the container",
  "LIVE-14":
    "The engine's resolver MUST listen in a container that is told to ask it, and its rules MUST lead there; nobody MUST be told to ask a loopback where nobody listens",
  "LIVE-15": "The kernel MUST forward packets while containers are on bridge networks",
  "LIVE-16": "No rule and no docker-proxy of the engine's MUST lead to an address that no container has",
  "LIVE-17": "A container MUST NOT be kept from running by its network",
  "LIVE-18": "The parent interface of a macvlan or ipvlan network MUST exist, be up and have a carrier",
  "LIVE-19":
    "An overlay network with running containers MUST have its bridge and its VXLAN device, up, with the containers' interfaces on the bridge, and be open to the other nodes",
  "LIVE-20":
    "In the network namespace of a container that may not administer it, no rule, policy, route, neighbour or value of the kernel MUST stop or divert what the container sends and gets",
} as const;

export type ClaimId = keyof typeof CLAIMS;

export const CLAIM_IDS = Object.keys(CLAIMS) as readonly ClaimId[];
