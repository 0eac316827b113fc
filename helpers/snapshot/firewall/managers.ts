import { isMatch, type Place, type Rule } from "./model.ts";
import { isOfIptables } from "./place-text.ts";

/** Who keeps a part of a firewall: what somebody else changes there does not last, or breaks what is theirs. */
export interface Manager {
  /** As its users call it: `firewalld`. */
  readonly name: string;
  /** How its own rules are read, a line of shell; null when there is no such command. */
  readonly shows: string | null;
  /** How a rule of its own is changed, one sentence. */
  readonly changes: string;
  /** Made by people, one by one: whoever takes one away breaks no program. */
  readonly byHand: boolean;
  /** dockerd tells it of each of its bridges when it starts, and it lets them pass. */
  readonly toldByEngine: boolean;
}

interface Mark {
  readonly chain?: RegExp;
  readonly table?: RegExp;
  /** In the rule's text: a comment, a set. */
  readonly text?: RegExp;
  readonly manager: Manager;
}

function manager(name: string, shows: string | null, changes: string, byHand = false): Manager {
  return { name, shows, changes, byHand, toldByEngine: false };
}

const THE_ENGINE = manager("the Docker engine", null, "Restarting dockerd writes its rules anew.");

/** Since 20.10 dockerd puts its bridges into a zone of their own, `docker`, which accepts everything (libnetwork#2548). */
const FIREWALLD: Manager = {
  ...manager(
    "firewalld",
    "firewall-cmd --get-active-zones",
    "Docker's bridges belong into its zone docker: `firewall-cmd --zone=docker --change-interface=docker0`, and so for each `br-…`; other things are changed with `firewall-cmd` for the zone that the device is in.",
  ),
  toldByEngine: true,
};

/** One row for each way in which a program names what it keeps; the first that fits. */
const MARKS: readonly Mark[] = [
  {
    chain: /^DOCKER-USER$/,
    manager: manager(
      "the host's administrator",
      "iptables -S DOCKER-USER",
      "Change the rule in DOCKER-USER: the engine leaves that chain alone.",
      true,
    ),
  },
  { chain: /^DOCKER(-|$)/, manager: THE_ENGINE },
  {
    table: /^docker-bridges$/,
    manager: THE_ENGINE,
  },
  {
    // What keeps others than the host from a container's own address stands in the kernel's own chain.
    table: /^raw$/,
    text: /^-A PREROUTING -d \S+ ! -i \S+ (-p \S+ .*)?-j DROP$/,
    manager: THE_ENGINE,
  },
  {
    chain: /^ufw6?-/,
    manager: manager(
      "ufw",
      "ufw status verbose",
      "Change it with `ufw` (`ufw route allow …` for what is forwarded), or in /etc/ufw/after.rules.",
    ),
  },
  {
    table: /^firewalld$/,
    manager: FIREWALLD,
  },
  {
    chain:
      /^(FWD[IO]?|IN|FORWARD|INPUT|OUTPUT|PREROUTING|POSTROUTING)_(direct|public|docker|trusted|internal|external|home|work|block|drop|dmz|ZONES|POLICIES|IN_ZONES|OUT_ZONES)/,
    manager: FIREWALLD,
  },
  {
    table: /^f2b-|^fail2ban/,
    manager: manager("fail2ban", "fail2ban-client status", "Lift a ban with `fail2ban-client unban ADDRESS`."),
  },
  {
    chain: /^f2b-|^fail2ban-/,
    manager: manager("fail2ban", "fail2ban-client status", "Lift a ban with `fail2ban-client unban ADDRESS`."),
  },
  {
    chain: /^LIBVIRT_/,
    manager: manager(
      "libvirt",
      "virsh net-list --all",
      "Change the network with `virsh net-edit`; libvirt writes its rules anew.",
    ),
  },
  {
    table: /^libvirt_network$/,
    manager: manager(
      "libvirt",
      "virsh net-list --all",
      "Change the network with `virsh net-edit`; libvirt writes its rules anew.",
    ),
  },
  {
    chain: /^cali-/,
    manager: manager(
      "Calico",
      "calicoctl get networkpolicy --all-namespaces",
      "Change the policy with `calicoctl` or `kubectl`.",
    ),
  },
  {
    chain: /^(KUBE-(SERVICES|NODEPORTS|SVC-|SEP-|EXT-|XLB-)|CNI-(HOSTPORT-DNAT|DN-))/,
    manager: manager(
      "Kubernetes",
      "kubectl get services,pods --all-namespaces --output wide",
      "Change the service, or the `hostPort` of the pod, with `kubectl`; the node's agent writes its rules anew.",
    ),
  },
  {
    chain: /^(KUBE-|CILIUM_|FLANNEL-|WEAVE-|CNI-)/,
    manager: manager(
      "Kubernetes",
      "kubectl get networkpolicy --all-namespaces",
      "Change the service or the policy with `kubectl`; the node's agent writes its rules anew.",
    ),
  },
  {
    table: /^kube-proxy$/,
    manager: manager(
      "Kubernetes",
      "kubectl get services --all-namespaces",
      "Change the service with `kubectl`; the node's agent writes its rules anew.",
    ),
  },
  {
    chain: /^ts-/,
    manager: manager(
      "Tailscale",
      "tailscale status",
      "Change it with `tailscale up` (`--netfilter-mode`, `--accept-routes`).",
    ),
  },
  {
    table: /^wg-quick-/,
    manager: manager("wg-quick", "wg show", "Change PostUp and Table in the tunnel's file under /etc/wireguard."),
  },
  { chain: /^(nordvpn|NORDVPN)/, manager: manager("NordVPN", "nordvpn settings", "Change it with `nordvpn set`.") },
  {
    table: /^mullvad/,
    manager: manager(
      "Mullvad",
      "mullvad status",
      "Change it with `mullvad` (`mullvad lan set allow`, `mullvad lockdown-mode set off`, `mullvad disconnect`).",
    ),
  },
  {
    table: /^(protonvpn|pvpn|nordvpn)/i,
    manager: manager("a VPN client", null, "Change it in the VPN client's settings."),
  },
  { text: /nordvpn/, manager: manager("NordVPN", "nordvpn settings", "Change it with `nordvpn set`.") },
  {
    chain: /^(crowdsec|CROWDSEC)/i,
    manager: manager("CrowdSec", "cscli decisions list", "Lift a ban with `cscli decisions delete`."),
  },
  {
    table: /^crowdsec/i,
    manager: manager("CrowdSec", "cscli decisions list", "Lift a ban with `cscli decisions delete`."),
  },
  { chain: /^(lxc|LXC)/, manager: manager("LXC", null, "Change it in the configuration of LXC.") },
  {
    table: /^(lxd|incus|lxc)$/,
    manager: manager("LXD or Incus", "lxc network list", "Change the network with `lxc network` or `incus network`."),
  },
  { chain: /^NETAVARK/, manager: manager("Podman", "podman network ls", "Change it with `podman network`.") },
  { table: /^netavark$/, manager: manager("Podman", "podman network ls", "Change it with `podman network`.") },
  {
    chain: /^(SHOREWALL|shorewall|dynamic$|sfilter|reject$|logdrop$)/,
    manager: manager("Shorewall", "shorewall show", "Change it in /etc/shorewall and run `shorewall reload`."),
  },
  {
    chain: /^(DENYIN|DENYOUT|ALLOWIN|ALLOWOUT|LOCALINPUT|LOCALOUTPUT|LOGDROPIN|LOGDROPOUT)$/,
    manager: manager("csf (ConfigServer Firewall)", "csf -l", "Change it in /etc/csf/csf.conf and run `csf -r`."),
  },
  {
    chain: /^(Cid[0-9A-Fx]+|FIREHOL|BLACKLIST_BI)/,
    manager: manager("FireHOL or Firewall Builder", null, "Change it there and load it again."),
  },
  { chain: /^(sshguard|SSHGUARD)/, manager: manager("sshguard", null, "Lift the ban in sshguard's table.") },
  {
    text: /--set-xmark 0x80000\/0xff0000|ts-forward/,
    manager: manager("Tailscale", "tailscale status", "Change it with `tailscale up`."),
  },
];

/** Whether the engine itself made what stands at this place. */
export function isEngines(place: Place): boolean {
  return managerOf(place) === THE_ENGINE;
}

/** Who keeps the chain, the table or the rule at this place; null when nothing tells. */
export function managerOf({ table, chain, rule }: Place): Manager | null {
  const mark = MARKS.find(
    (each) =>
      (each.chain === undefined || each.chain.test(chain.name)) &&
      (each.table === undefined || each.table.test(table.name)) &&
      (each.text === undefined || (rule !== null && each.text.test(rule.text))),
  );
  return mark?.manager ?? null;
}

/**
 * Whether this is the policy of a FORWARD chain of the engine's variant without any of the engine's rules, or a rule for
 * all that comes so far: what it drops is what these would have accepted.
 */
export function lacksEngine({ table, chain, rule }: Place): boolean {
  return (
    isOfIptables(table) &&
    !table.program.endsWith("-legacy") &&
    (rule === null || refusesAll(rule)) &&
    chain.name === "FORWARD" &&
    chain.rules.every(({ text }) => !/docker/i.test(text))
  );
}

/** Whether a rule drops or rejects whatever comes to it. */
export function refusesAll({ steps }: Rule): boolean {
  return !steps.some(isMatch) && steps.some(({ kind }) => kind === "drop" || kind === "reject");
}
