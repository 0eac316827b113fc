import { policyRuleKey, routeKey, sysctlKey } from "../cause/keys.ts";
import { mainTableFirst, mainTableUnasked } from "../cause/policy-rules.ts";
import type { Cause } from "../model/cause.ts";
import { cidr } from "../model/cidr.ts";
import { isIpv4 } from "../model/ipv4.ts";
import { decidingRoute, type Routes } from "../snapshot/deciding-route.ts";
import type { Packet } from "../snapshot/firewall/index.ts";
import { unaskedTables } from "../snapshot/printed.ts";
import { covers } from "../snapshot/range.ts";
import type { HostView } from "../vantage/host-view.ts";
import { ownInSpace, type Space } from "./spaces.ts";
import { enter, spaceText, subjectOf } from "./words.ts";

/** What a namespace's routing says of a packet. */
export interface Routing extends Routes {
  /** What `ip route get` answers for the packet. */
  readonly chosen: string;
  /** What it answers for the way back to the packet's source. */
  readonly reverse: string;
  /** By name behind `net.`; `forwarding` and `rp_filter` of all devices and of the one it came in by. */
  readonly sysctls: ReadonlyMap<string, string>;
}

/**
 * Asks a namespace for its routing of one packet.
 * @param inDevice null for a packet that it sends itself
 * @param bound whether its source stands already: it has another destination than the one that its source was chosen for
 */
export async function readRouting(
  host: HostView,
  space: Space,
  packet: Packet,
  inDevice: string | null,
  bound: boolean,
): Promise<Routing> {
  const six = packet.family === "ip6" ? "-6 " : "";
  const version = packet.family === "ip6" ? "ipv6" : "ipv4";
  const by = inDevice !== null ? ` from ${packet.source} iif ${inDevice}` : bound ? ` from ${packet.source}` : "";
  const mark = packet.mark ? ` mark ${packet.mark}` : "";
  const names = [
    `${version}/conf/all/forwarding`,
    `${version}/conf/all/rp_filter`,
    ...(inDevice === null ? [] : [`${version}/conf/${inDevice}/forwarding`, `${version}/conf/${inDevice}/rp_filter`]),
  ];
  const text = await ownInSpace(
    host,
    space.pid,
    [
      "echo == rules",
      `ip ${six}rule`,
      "echo == routes",
      `ip ${six}route show table all`,
      "echo == chosen",
      `ip ${six}route get ${packet.destination}${by}${mark} 2>&1`,
      "echo == reverse",
      `ip ${six}route get ${packet.source} 2>&1`,
      "echo == sysctls",
      `cd /proc/sys/net; for f in ${names.join(" ")}; do [ -r $f ] && echo "$f $(cat $f)"; done`,
    ].join("; "),
  );
  return readPrinted(text);
}

/** Reads what {@link readRouting} printed. */
export function readPrinted(text: string): Routing {
  const parts = new Map(
    text
      .split(/^== /m)
      .slice(1)
      .map((part) => {
        const [name = "", ...lines] = part.split("\n");
        return [name, lines.map((line) => line.trim()).filter((line) => line !== "")] as const;
      }),
  );
  return {
    rules: (parts.get("rules") ?? []).map((rule) => rule.replaceAll(/\s+/g, " ")),
    routes: parts.get("routes") ?? [],
    chosen: parts.get("chosen")?.[0] ?? "",
    reverse: parts.get("reverse")?.[0] ?? "",
    sysctls: new Map((parts.get("sysctls") ?? []).map((line) => [line.split(" ")[0] ?? "", line.split(" ")[1] ?? ""])),
  };
}

/** The device that the routes choose; null without a route. */
export function chosenDevice({ chosen }: Routing): string | null {
  return /RTNETLINK|unreachable|prohibit|blackhole/.test(chosen) ? null : (/ dev (\S+)/.exec(chosen)?.[1] ?? null);
}

/**
 * What of a namespace's routing ends the packet, or sends it the wrong way.
 * @param forwarded whether the namespace is to pass it on
 * @param reason of the kernel, null where it told none: a check of the source is not told of what another reason ended
 */
export function routeCauses(
  space: Space,
  routing: Routing,
  packet: Packet,
  inDevice: string | null,
  forwarded: boolean,
  reason: string | null,
): Cause[] {
  const where = spaceText(space);
  const pre = enter(space);
  const base = { subjects: [subjectOf(space)], act: null, certainty: "concluded" as const };
  const causes: Cause[] = [];
  const version = packet.family === "ip6" ? "ipv6" : "ipv4";
  const value = (name: string): number => Number(routing.sysctls.get(`${version}/conf/${name}`) ?? Number.NaN);
  const check = `${pre}ip ${packet.family === "ip6" ? "-6 " : ""}route get ${packet.destination}${inDevice === null ? "" : ` from ${packet.source} iif ${inDevice}`}`;
  if (reason === "IP_RPFILTER" || reason === null || reason === "NOT_SPECIFIED") {
    const strict = Math.max(value("all/rp_filter") || 0, value(`${inDevice}/rp_filter`) || 0);
    const [, back = "nowhere"] = / dev (\S+)/.exec(routing.reverse) ?? [];
    if (
      inDevice !== null &&
      version === "ipv4" &&
      ((strict === 1 && back !== inDevice) || (strict === 2 && back === "nowhere"))
    ) {
      const which = (value(`${inDevice}/rp_filter`) || 0) === strict ? `${inDevice}` : "all";
      causes.push({
        ...base,
        key: keyIn(space, sysctlKey(`net.ipv4.conf.${which}.rp_filter`)),
        what: `Reverse path filtering ${where} drops packets of ${packet.source} that come in by ${inDevice}: its routes lead to ${packet.source} by ${back}.`,
        evidence: [`net.ipv4.conf.${which}.rp_filter = ${strict}`, `ip route get ${packet.source}: ${routing.reverse}`],
        remedies: [
          {
            what: "check the source loosely",
            commands: [`${pre}sysctl -w net.ipv4.conf.${inDevice}.rp_filter=2`],
            cost: "Packets with a forged source address are no longer refused on this device where any route leads to that address.",
            check: `${pre}sysctl net.ipv4.conf.${inDevice}.rp_filter`,
          },
        ],
      });
      if (reason === "IP_RPFILTER") return causes;
    }
  }
  if (forwarded && inDevice !== null) {
    const name = version === "ipv4" ? `${inDevice}/forwarding` : "all/forwarding";
    if (value(name) === 0) {
      const all = value("all/forwarding") === 0;
      const key = all
        ? version === "ipv4"
          ? "net.ipv4.ip_forward"
          : "net.ipv6.conf.all.forwarding"
        : `net.${version}.conf.${inDevice}.forwarding`;
      causes.push({
        ...base,
        key: keyIn(space, sysctlKey(key)),
        what: `The kernel ${where} forwards no ${version === "ipv4" ? "IPv4" : "IPv6"} packet${all ? "" : ` that comes in by ${inDevice}`}: ${key} is 0.`,
        act: "A file under /etc/sysctl.d, or a program that hardens the host, switched it off after dockerd had started.",
        evidence: [`${key} = 0`],
        remedies: [
          {
            what: "switch forwarding on",
            commands: [`${pre}sysctl -w ${key}=1`],
            cost: "",
            check: `${pre}sysctl ${key}`,
          },
        ],
      });
      return causes;
    }
  }
  const decided = decidingRoute(routing, packet, inDevice);
  if (decided === null) {
    if (chosenDevice(routing) === null && unaskedTables(routing.rules.join("\n")).includes("main")) {
      const unasked = mainTableUnasked(`${pre}ip${packet.family === "ip6" ? " -6" : ""}`, where);
      causes.push({ ...base, ...unasked, key: keyIn(space, unasked.key) });
    } else if (chosenDevice(routing) === null)
      causes.push({
        ...base,
        key: `no route ${where} ${packet.family} ${packet.destination}`,
        what: `There is no route ${where} to ${packet.destination}.`,
        evidence: [
          `ip route get: ${routing.chosen}`,
          ...routing.routes
            .filter((route) => !/^(local|broadcast|multicast|anycast|fe80|ff00)/.test(route))
            .slice(0, 6),
        ],
        remedies:
          space.where.kind === "container"
            ? [
                {
                  what: "give the container its routes anew",
                  commands: [`docker restart ${space.where.name}`],
                  cost: "The container restarts.",
                  check,
                },
              ]
            : [],
      });
    return causes;
  }
  const { rule, route } = decided;
  const six = packet.family === "ip6" ? "-6 " : "";
  if (route === null || /^(blackhole|unreachable|prohibit) /.test(route)) {
    const [, priority, selector = ""] = /^(\d+):\s+(.*)$/.exec(rule) ?? [];
    const ofPolicy = !/lookup (main|default|local)\b/.test(rule) || route === null;
    causes.push({
      ...base,
      key: keyIn(space, ofPolicy || route === null ? policyRuleKey(rule) : routeKey(route)),
      what:
        route === null
          ? `A policy rule ${where} refuses the packet: \`${selector}\`.`
          : `A route ${where} ends the packet${ofPolicy ? `, to which a policy rule leads (\`${selector}\`)` : ""}: \`${route}\`.`,
      evidence: [
        `ip rule: ${rule}`,
        ...(route === null ? [] : [`ip route: ${route}`]),
        `ip route get: ${routing.chosen}`,
      ],
      remedies: [
        ...(route === null
          ? []
          : [
              {
                what: "take the route away",
                commands: [
                  `${pre}ip ${six}route del ${route.replace(/ (proto|scope|pref|metric \S+ error|error) \S+/g, "").replace(/ dev lo\b/, "")}`,
                ],
                cost: "",
                check,
              },
            ]),
        ...(ofPolicy
          ? [
              {
                what: "take the policy rule away",
                commands: [`${pre}ip ${six}rule del pref ${priority}`],
                cost: "Whatever else it applies to follows the other rules again.",
                check,
              },
            ]
          : []),
      ],
    });
    return causes;
  }
  causes.push(...misrouted(space, routing, packet, inDevice));
  return causes;
}

/** The host's as every look at it has them; a container's own routing is another cause in each. */
function keyIn(space: Space, key: string): string {
  return space.where.kind === "host" ? key : `${key} ${spaceText(space)}`;
}

/** The network that a device has an address on, as a range; the address alone where it is none of IPv4. */
function networkOf({ addresses }: Space["links"][number], address: string): string {
  const own = addresses.find((one) => one.family === 4 && covers(`${one.address}/${one.prefix}`, address));
  return own === undefined || !isIpv4(address) ? address : cidr(`${own.address}/${own.prefix}`).toString();
}

/** The route leads by another device than the one that has the target's network: whatever ends it there, this is why. */
export function misrouted(space: Space, routing: Routing, packet: Packet, inDevice: string | null): Cause[] {
  const decided = decidingRoute(routing, packet, inDevice);
  const device = chosenDevice(routing);
  const { destination = "" } = packet;
  const owner = space.links.find(
    ({ addresses, name }) =>
      name !== "lo" &&
      addresses.some(
        ({ address, prefix, scope }) => scope !== "link" && prefix > 0 && covers(`${address}/${prefix}`, destination),
      ),
  );
  if (decided === null || decided.route === null || device === null || device === "lo") return [];
  if (owner === undefined || device === owner.name) return [];
  const { rule, route } = decided;
  const where = spaceText(space);
  const pre = enter(space);
  const ip = `${pre}ip${packet.family === "ip6" ? " -6" : ""}`;
  const check = `${ip} route get ${destination}`;
  const [, selector = ""] = /^\d+:\s+(.*)$/.exec(rule) ?? [];
  const isMain = /lookup main/.test(rule);
  return [
    {
      key: keyIn(space, isMain ? routeKey(route) : policyRuleKey(rule)),
      what: `The route to ${destination} ${where} leads by ${device}, not by ${owner.name}, which has that network: \`${route}\`${isMain ? "" : ` (by the policy rule \`${selector}\`)`}.`,
      act: "A VPN or a person added it: it is more specific than the network's own route, or asked before it.",
      certainty: "concluded",
      subjects: [subjectOf(space)],
      evidence: [`ip rule: ${rule}`, `ip route: ${route}`],
      remedies: [
        isMain
          ? {
              what: "take the route away",
              commands: [`${ip} route del ${route.replace(/ (proto|scope) \S+/g, "")}`],
              cost: "What was to be reached by it no longer is.",
              check,
            }
          : mainTableFirst("to", [networkOf(owner, destination)], rule, { ip, check }),
      ],
    },
  ];
}
