import { type Evidence, ProbeFailed, type Vantage } from "../model/evidence.ts";

/** What decides whether an interface can carry macvlan interfaces, and whether trying could harm the host's connection. */
export interface ParentInterface {
  readonly name: string;
  readonly exists: boolean;
  /** ARPHRD type; 1 is Ethernet. Null where there is no such interface. */
  readonly hardwareType: number | null;
  readonly wireless: boolean;
  /** The bridge, bond or team that it is a port of. */
  readonly master: string | null;
  /** The kernel's device type (`vlan`, `bridge`, `wlan`, …); null for plain ones. */
  readonly kind: string | null;
  /** The machine as its firmware (DMI) names it: vendor, product and chassis tag; empty where it has none. */
  readonly machine: string;
}

const SEPARATOR = "|";

function command(name: string): string {
  const device = `/sys/class/net/${name}`;
  return [
    `cd ${device} 2>/dev/null || { echo missing; exit 0; }`,
    "read -r type <type",
    "wireless=no; if [ -e wireless ] || [ -e phy80211 ]; then wireless=yes; fi",
    "master=; if [ -e master ]; then master=$(readlink master); fi",
    "kind=$(sed -n s/^DEVTYPE=//p uevent)",
    'machine=; for f in sys_vendor product_name chassis_asset_tag; do [ -r /sys/class/dmi/id/$f ] && machine="$machine $(cat /sys/class/dmi/id/$f)"; done',
    `echo "$type${SEPARATOR}$wireless${SEPARATOR}\${master##*/}${SEPARATOR}$kind${SEPARATOR}$machine"`,
  ].join("; ");
}

/** Looks at a host interface that may become the parent of a macvlan network. @throws ProbeFailed */
export async function parentInterface(host: Vantage, name: string): Promise<ParentInterface> {
  return readParentInterface(name, await host.ask(command(name)));
}

/** Reads one line `type|wireless|master|kind|machine`, or `missing`. @throws ProbeFailed */
export function readParentInterface(name: string, evidence: Evidence): ParentInterface {
  const line = evidence.stdout.trim();
  if (line === "missing")
    return { name, exists: false, hardwareType: null, wireless: false, master: null, kind: null, machine: "" };
  const [type = "", wireless, master, kind, ...machine] = line.split(SEPARATOR);
  if (!/^\d+$/.test(type) || kind === undefined || machine.length === 0) {
    throw new ProbeFailed(`the interface ${name} can't be looked at`, evidence);
  }
  return {
    name,
    exists: true,
    hardwareType: Number(type),
    wireless: wireless === "yes" || kind === "wlan",
    master: master === undefined || master === "" ? null : master,
    kind: kind === "" ? null : kind,
    machine: machine.join(SEPARATOR).trim().replaceAll(/\s+/g, " "),
  };
}
