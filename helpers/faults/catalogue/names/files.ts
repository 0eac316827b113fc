import { type Fault, ofLayer, type StruckContainer } from "../../fault.ts";
import { eachContainer, LIE } from "./strikes.ts";

/** Where a file of a container lies, as the host sees it. Written in place: the engine mounts these files one by one. */
const HOSTS = "/proc/$PID/root/etc/hosts";

const RESOLV_CONF = "/proc/$PID/root/etc/resolv.conf";

/** Rewrites a file in place: `>` would empty it before it is read. */
function rewritten(file: string, program: string): string {
  return `${program} ${file} >/run/rewritten.$PID; cat /run/rewritten.$PID >${file}; rm /run/rewritten.$PID`;
}

/** The suites' view of the host is in host mode too, and the first: after that one every container would be given the new file. */
function isJudgedInHostMode({ name, networkMode }: StruckContainer): boolean {
  return networkMode === "host" && name === "host-open";
}

/** resolv.conf and the hosts file of a container. */
export const NAME_FILE_FAULTS: readonly Fault[] = ofLayer("names", [
  {
    id: "names-resolv-conf-server",
    breaks: "/etc/resolv.conf of the containers names another DNS server than the engine wrote",
    comesBy: "a DHCP or VPN client, or an entry point that writes the file, inside the container",
    strike: eachContainer([`echo nameserver 192.0.2.53 >${RESOLV_CONF}`]),
    undo: [],
    caughtBy: [
      "DNS-07",
      "DNS-12",
      "HOSTCFG-17",
      "HOSTCFG-19",
      "HOSTCFG-20",
      "HOSTCFG-21",
      "HOSTCFG-22",
      "INSPECT-49",
      "CONNECT-27",
      "HOST-22",
    ],
    cause: /resolv\.conf/i,
  },
  {
    id: "names-resolv-conf-server-added",
    breaks: "a further DNS server stands in the containers' /etc/resolv.conf",
    comesBy: "an entry point that appends a public server, in case that the company's does not answer",
    strike: eachContainer([`echo nameserver 192.0.2.53 >>${RESOLV_CONF}`]),
    undo: [],
    caughtBy: ["DNS-12", "HOSTCFG-17", "HOSTCFG-20", "HOSTCFG-21", "HOSTCFG-22", "INSPECT-49", "HOST-22"],
    cause: /resolv\.conf/i,
  },
  {
    id: "names-resolv-conf-options",
    breaks: "a resolver option that nobody asked for stands in the containers' /etc/resolv.conf",
    comesBy: "an entry point that sets ndots, as for Kubernetes",
    strike: eachContainer([`echo options ndots:5 >>${RESOLV_CONF}`]),
    undo: [],
    caughtBy: ["INSPECT-50"],
    cause: /resolv\.conf/i,
  },
  {
    id: "names-resolv-conf-search",
    breaks: "a search domain that nobody asked for stands in the containers' /etc/resolv.conf",
    comesBy: "a VPN client inside the container that adds the company's domain",
    strike: eachContainer([`echo search corp.example >>${RESOLV_CONF}`]),
    undo: [],
    caughtBy: ["INSPECT-51", "DNS-12"],
    cause: /resolv\.conf/i,
  },
  {
    id: "names-resolv-conf-comments-removed",
    breaks: "/etc/resolv.conf of the containers lost the comments that say who wrote it and from which file",
    comesBy: "an entry point that filters the file and writes it back",
    strike: eachContainer([rewritten(RESOLV_CONF, "grep -v '^#'")]),
    undo: [],
    since: "generated-resolv-conf",
    caughtBy: ["HOSTCFG-18b"],
    cause: /resolv\.conf/i,
  },
  {
    id: "names-host-resolv-conf-commented",
    breaks: "the host's /etc/resolv.conf has a comment that containers which run already don't have",
    comesBy: "a VPN that marks the file as its own when it comes up",
    strike: eachContainer(["grep -q '# vpn0' /etc/resolv.conf || echo '# vpn0' >>/etc/resolv.conf"]),
    undo: ["grep -v '# vpn0' /etc/resolv.conf >/run/resolv.conf; cat /run/resolv.conf >/etc/resolv.conf"],
    until: "generated-resolv-conf",
    caughtBy: ["HOSTCFG-18"],
    cause: /resolv\.conf/i,
  },
  {
    id: "names-host-resolv-conf-changed",
    breaks: "the host's /etc/resolv.conf changed after the containers had got their copy",
    comesBy: "a VPN that came up, or a new lease of DHCP",
    strike: eachContainer(
      [
        "test -e /run/resolv.conf.before || cp /etc/resolv.conf /run/resolv.conf.before",
        "echo nameserver 192.0.2.53 >/etc/resolv.conf",
      ],
      isJudgedInHostMode,
    ),
    undo: ["cat /run/resolv.conf.before >/etc/resolv.conf", "rm /run/resolv.conf.before"],
    caughtBy: ["HOST-22"],
    cause: /resolv\.conf/i,
  },
  {
    id: "names-own-entry-removed",
    breaks: "the line for the container's own address is gone from its /etc/hosts",
    comesBy: "a tool inside the container that manages /etc/hosts (a hosts updater, Puppet)",
    strike: eachContainer(
      [rewritten(HOSTS, 'grep -v "^$IP\\b"')],
      ({ networkMode }) => !["none", "host"].includes(networkMode),
    ),
    undo: [],
    caughtBy: ["HOSTCFG-10", "HOSTCFG-11", "HOSTCFG-12", "HOSTCFG-14", "HOSTCFG-22"],
    cause: /\/etc\/hosts|hosts file/i,
  },
  {
    id: "names-own-name-elsewhere",
    breaks: "the container's own name in its /etc/hosts stands for a neighbour's address",
    comesBy: "an image that was committed from a container, with the line of that one left in a restored /etc/hosts",
    strike: eachContainer(
      [rewritten(HOSTS, `sed "s/^$IP\\b/${LIE}/"`)],
      ({ networkMode }) => !["none", "host"].includes(networkMode),
    ),
    undo: [],
    caughtBy: ["HOSTCFG-10", "HOSTCFG-11", "HOSTCFG-12", "HOSTCFG-14", "HOSTCFG-22", "INSPECT-52", "INSPECT-53"],
    cause: /\/etc\/hosts|hosts file/i,
  },
  {
    id: "names-foreign-entry",
    breaks: "a line for another host stands in the containers' /etc/hosts",
    comesBy: "a hosts updater, or an installation script that adds its server",
    strike: eachContainer([`echo "${LIE} db.example" >>${HOSTS}`]),
    undo: [],
    caughtBy: ["HOSTCFG-10", "INSPECT-52", "INSPECT-53"],
    cause: /\/etc\/hosts|hosts file/i,
  },
  {
    id: "names-neighbours-in-hosts",
    breaks: "every container's name stands in the /etc/hosts of all others",
    comesBy: "a tool that keeps hosts files of containers up to date (docker-hoster, a script over docker ps)",
    strike: eachContainer(
      [
        "echo \"$IP $(docker inspect -f '{{.Name}}' $ID | cut -c 2-)\" >>/run/hosts.all",
        // The run's own view of the host is read-only.
        "for p in $(docker inspect -f '{{.State.Pid}}' $(docker ps -q)); do f=/proc/$p/root/etc/hosts; [ ! -w $f ] || cat /run/hosts.all >>$f; done",
      ],
      ({ networkMode }) => !["none", "host"].includes(networkMode),
    ),
    undo: ["rm -f /run/hosts.all"],
    caughtBy: ["DNS-07", "HOSTCFG-02", "HOSTCFG-10", "INSPECT-52", "INSPECT-53"],
    cause: /\/etc\/hosts|hosts file/i,
  },
  {
    id: "names-hosts-file-rewritten",
    breaks: "/etc/hosts of the containers has nothing but their own line",
    comesBy: "an entry point that writes the file anew",
    strike: eachContainer(
      [rewritten(HOSTS, 'grep "^$IP\\b"')],
      ({ networkMode }) => !["none", "host"].includes(networkMode),
    ),
    undo: [],
    caughtBy: [
      "HOSTCFG-04",
      "HOSTCFG-05",
      "HOSTCFG-06",
      "HOSTCFG-07",
      "HOSTCFG-08",
      "HOSTCFG-09",
      "HOSTCFG-13",
      "HOSTCFG-14",
      "HOSTCFG-15",
      "HOSTCFG-16",
      "HOSTCFG-22",
    ],
    cause: /\/etc\/hosts|hosts file/i,
  },
  {
    id: "names-added-host-elsewhere",
    breaks: "a name given with --add-host stands for another address in the containers' /etc/hosts",
    comesBy: "an entry point that replaces addresses in /etc/hosts when a service moves",
    strike: eachContainer([rewritten(HOSTS, `sed "s/^[0-9.]*\\(.*dnc\\.example\\)/${LIE}\\1/"`)]),
    undo: [],
    caughtBy: ["HOSTCFG-13", "HOSTCFG-15", "HOSTCFG-16", "HOSTCFG-22"],
    cause: /\/etc\/hosts|hosts file/i,
  },
]);
