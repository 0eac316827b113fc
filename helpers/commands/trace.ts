import { connect } from "../engine/connect.ts";
import { UserError } from "../engine/errors.ts";
import { findImages } from "../engine/images.ts";
import type { Cause } from "../model/cause.ts";
import { usage } from "../run/arguments.ts";
import { type Explained, explainReach, NoSuchEnd, type ReachRequest, walkLines } from "../trace/index.ts";
import { HostView } from "../vantage/host-view.ts";
import { defineCommand } from "./command.ts";
import { endWhereEngineHangs } from "./end-hanging.ts";

const USAGE = "npm run trace -- FROM TO [--udp] [--size BYTES] [--count N]";

const ABOUT = `Follows one packet from FROM to TO, device by device, and its answer back; says where it ends, why, and what to type.
FROM  a container's name or id, or \`host\`.
TO    a container's name or id, \`host\`, an address, or one of these with a port: \`web:80\`, \`192.0.2.1:443\`, \`[fd00::1]:80\`.
Without a port it is a ping; with one a TCP connection, or a UDP datagram with --udp.
--size BYTES  payload of the ping. --count N  that many pings or connections: tells the loss in percent (at most 100).
The packet is sent from FROM's network by a short-lived container of ours: nothing is run in your containers. Where it
does not come through, a few more are sent to see which counters rise. Nothing is changed.
Exit codes: 0 it arrives, 1 it does not, 2 it can't be measured, 64 wrong usage.`;

const OPTIONS = { udp: { type: "boolean" }, size: { type: "string" }, count: { type: "string" } } as const;

/** Exit code where the packet does not arrive. */
const DOES_NOT_ARRIVE = 1;

/** Reads FROM, TO and the options. @throws UserError (64) */
export function requestOf(
  words: readonly string[],
  values: { readonly udp: boolean; readonly size: string | undefined; readonly count: string | undefined },
): ReachRequest {
  const [from, to, ...rest] = words;
  if (from === undefined || to === undefined || rest.length > 0)
    throw usage(`it takes FROM and TO, not ${words.length} words`, USAGE);
  const { target, port } = targetOf(to);
  const size = numberOf("--size", values.size, 0, 65_000);
  const count = numberOf("--count", values.count, 1, 100);
  if (values.udp && port === undefined) throw usage("--udp needs a port: NAME:PORT", USAGE);
  if (port !== undefined && size !== undefined) throw usage("--size is for pings, without a port", USAGE);
  if (values.udp && count !== undefined) throw usage("--count is for pings and TCP connections", USAGE);
  const protocol = port === undefined ? "icmp" : values.udp ? "udp" : "tcp";
  return {
    from,
    to: target,
    protocol,
    ...(port === undefined ? {} : { port }),
    ...(size === undefined ? {} : { size }),
    ...(count === undefined ? {} : { count }),
  };
}

function targetOf(text: string): { readonly target: string; readonly port?: number } {
  const [, six, sixPort] = /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? [];
  const [, name, namePort] = /^([^:]+):(\d+)$/.exec(text) ?? [];
  const target = six ?? name ?? text;
  const port = sixPort ?? namePort;
  if (port === undefined) return { target };
  if (Number(port) < 1 || Number(port) > 65_535) throw usage(`${port} is no port`, USAGE);
  return { target, port: Number(port) };
}

function numberOf(option: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw usage(`${option} takes a number from ${least} to ${most}, not ${text}`, USAGE);
  return value;
}

/** `npm run trace`. */
async function trace(request: ReachRequest): Promise<void> {
  await using connection = await connect();
  const { docker } = connection;
  const images = await findImages(docker);
  const tried = `following a packet from ${request.from} to ${request.to}`;
  const host = await HostView.alone(docker, images.busybox.reference, "trace").catch((error: unknown) => {
    throw new UserError({
      tried,
      seen: `no container can look at the engine's host (${error instanceof Error ? error.message : String(error)})`,
      todo: "A rootless engine, or one that forbids the host's namespaces, shows only its own: use `npm test` for what can be seen from containers.",
    });
  });
  endWhereEngineHangs(connection.way, () => host, "npm run trace");
  try {
    console.log(
      `Sending ${announced(request)} from the network of ${request.from}; a few more if it does not come through.`,
    );
    const explained = await explainReach(docker, host, request);
    for (const line of reportLines(explained)) console.log(line);
    if (!hasArrived(explained)) process.exitCode = DOES_NOT_ARRIVE;
  } catch (error) {
    if (!(error instanceof NoSuchEnd)) throw error;
    throw new UserError({
      tried,
      seen: error.message,
      todo: "Name a container that runs (`docker ps`), `host`, or an address.",
    });
  } finally {
    await host.close();
  }
}

function announced({ protocol, port, count = 1, to }: ReachRequest): string {
  if (protocol === "icmp") return `${count} ping${count === 1 ? "" : "s"} to ${to}`;
  return protocol === "tcp"
    ? `one TCP connection to port ${port} of ${to}`
    : `one UDP datagram to port ${port} of ${to}`;
}

function hasArrived({ walk }: Explained): boolean {
  return walk.arrived && (walk.burst === null || walk.burst.received === walk.burst.sent);
}

function reportLines(explained: Explained): string[] {
  const { walk } = explained;
  const causes = [...explained.causes, ...explained.place];
  const loss =
    walk.burst === null || !walk.arrived
      ? ""
      : `, ${Math.round((100 * (walk.burst.sent - walk.burst.received)) / walk.burst.sent)} % lost`;
  return [
    "",
    ...walkLines(walk),
    "",
    hasArrived(explained)
      ? `${walk.to} answers ${walk.from}.`
      : `${walk.to} does not answer ${walk.from} as it should: ${walk.outcome}${loss}.`,
    ...causes.flatMap(causeLines),
    ...(causes.length === 0 && !hasArrived(explained) ? ["Nothing that was looked at explains it."] : []),
    ...(hasArrived(explained) ? [] : walk.unread.map((what) => `Not read: ${what}.`)),
  ];
}

function causeLines({ what, act, certainty, evidence, remedies }: Cause): string[] {
  return [
    "",
    `${certainty === "seen" ? "Cause" : certainty === "concluded" ? "Cause, concluded" : "Perhaps"}: ${what}`,
    ...(act === null ? [] : [`  ${act}`]),
    ...evidence.map((line) => `  seen: ${line}`),
    ...remedies.flatMap((remedy) => [
      `  To ${remedy.what}:`,
      ...remedy.commands.map((command) => `    ${command}`),
      ...(remedy.cost === "" ? [] : [`  It costs: ${remedy.cost}`]),
      `  Look whether it helped: ${remedy.check}`,
    ]),
  ];
}

export const command = defineCommand({
  usage: USAGE,
  about: ABOUT,
  options: OPTIONS,
  takesWords: true,
  run: async (values, words) => await trace(requestOf(words, values)),
});
