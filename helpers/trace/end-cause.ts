import type { Cause } from "../model/cause.ts";
import type { Protocol } from "../model/walk.ts";
import { parseProcNetTcp } from "../probes/parse/parse-proc-net-tcp.ts";
import { UnreadableOutput } from "../probes/parse/unreadable-output.ts";
import type { HostView } from "../vantage/host-view.ts";
import { inSpace, type Space } from "./spaces.ts";
import { enter, spaceText, subjectOf } from "./words.ts";

/** The engine's own resolver in a container, no program of its. */
const EMBEDDED_DNS = "127.0.0.11";

/** What the target itself has to do with it: nobody listens, or not on this address; it answers no echo. */
export async function endCauses(
  host: HostView,
  space: Space,
  protocol: Protocol,
  port: number | null,
  address: string,
): Promise<Cause[]> {
  const where = spaceText(space);
  const base = { act: null, certainty: "seen" as const, subjects: [subjectOf(space)] };
  if (protocol === "icmp") {
    const six = address.includes(":");
    const name = six ? "net.ipv6.icmp.echo_ignore_all" : "net.ipv4.icmp_echo_ignore_all";
    const value = (await inSpace(host, space.pid, `cat /proc/sys/${name.replaceAll(".", "/")} 2>/dev/null`)).trim();
    if (value !== "1") return [];
    return [
      {
        ...base,
        key: `echo ignored ${where}`,
        what: `The kernel ${where} answers no ping: ${name} is 1.`,
        evidence: [`${name} = 1`],
        remedies: [
          {
            what: "answer again",
            commands: [`${enter(space)}sysctl -w ${name}=0`],
            cost: "",
            check: `${enter(space)}sysctl ${name}`,
          },
        ],
      },
    ];
  }
  if (port === null) return [];
  const text = await inSpace(host, space.pid, `cat /proc/net/${protocol} /proc/net/${protocol}6 2>/dev/null`);
  let sockets: ReturnType<typeof parseProcNetTcp>;
  try {
    sockets = parseProcNetTcp(text).filter(
      ({ state, local }) => (state === "LISTEN" || state === "UNCONNECTED") && local.address !== EMBEDDED_DNS,
    );
  } catch (error) {
    if (!(error instanceof UnreadableOutput)) throw error;
    return [];
  }
  const listening = sockets.filter(({ local }) => local.port === port);
  const takes = listening.some(({ local }) => ["0.0.0.0", "::", address].includes(local.address));
  if (takes) return [];
  const check = `${enter(space)}ss -ln${protocol === "tcp" ? "t" : "u"}`;
  const at = [...new Set(listening.map(({ local }) => local.address))];
  const other = [...new Set(sockets.map(({ local }) => local.port))].sort((one, two) => one - two);
  const shown = other.slice(0, 8).join(", ");
  return [
    {
      ...base,
      key: `listener ${where} ${protocol} ${port}`,
      what:
        at.length === 0
          ? `Nobody listens on ${protocol.toUpperCase()} port ${port} ${where}${other.length === 0 ? "" : `; there are listeners on ${shown}${other.length > 8 ? ` and ${other.length - 8} more` : ""}`}.`
          : `The program on ${protocol.toUpperCase()} port ${port} ${where} listens at ${at.join(", ")} only, not at ${address}.`,
      evidence: [
        `/proc/net/${protocol}: ${at.length === 0 ? `no socket on port ${port}` : `${at.join(", ")}:${port}`}`,
      ],
      remedies:
        at.length === 0
          ? []
          : [
              {
                what: "let the program listen on every address (0.0.0.0 or ::), in its own configuration",
                commands: [check],
                cost: "",
                check,
              },
            ],
    },
  ];
}
