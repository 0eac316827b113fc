import { ProbeFailed, type Vantage } from "../../../helpers/model/evidence.ts";
import { iprouteLinks } from "../../../helpers/probes/iproute-links.ts";
import { ping } from "../../../helpers/probes/reach.ts";
import { CONSOLE, handBuilt, within } from "../../../helpers/requirement/hand-built.ts";
import { chapter, mustNotReach, stage, topology } from "../../../helpers/requirement/index.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import { NEEDS } from "../look.ts";

export const site = handBuilt("ns");

export const atConsole = topology("ns-console", { containers: { terminal: CONSOLE } });

/** Names that `ip netns list` prints, in its order. */
export async function listed(from: Vantage): Promise<string[]> {
  return namesIn(await textOf(from, "ip -j netns list"));
}

export function namesIn(json: string): string[] {
  // Without any namespace some versions print nothing at all.
  const entries: unknown = json.trim() === "" ? [] : JSON.parse(json);
  if (!Array.isArray(entries)) throw new ProbeFailed(`\`ip -j netns list\` printed no list: ${json}`);
  return entries.map(({ name }: { name: string }) => name);
}

export async function textOf(from: Vantage, command: string): Promise<string> {
  const evidence = await from.ask(command);
  if (evidence.exitCode !== 0)
    throw new ProbeFailed(`\`${command}\` failed at ${from.label}: ${evidence.stderr.trim()}`, evidence);
  return evidence.stdout.trim();
}

/** The network namespace that a question is answered in: `net:[4026532281]`. */
export async function identityOf(from: Vantage): Promise<string> {
  return await textOf(from, "readlink /proc/self/ns/net");
}

/** Two namespaces made one after the other, and everything that can be seen of them before anything else is done. */
export const fresh = stage(site, async (lab) => {
  const first = lab.nameOf("red");
  const before = await listed(lab.root);
  const { red, green } = await lab.namespaces("red", "green");
  const [after, links, loopback] = await Promise.all([
    listed(lab.root),
    iprouteLinks(red),
    atThisMoment(
      mustNotReach(ping(red.busybox, "127.0.0.1"), {
        as: "unreachable",
        control: ping(lab.host, "127.0.0.1"),
        cause: "something set `lo` up in a namespace that was only made",
      }),
    ),
  ]);
  return { lab, first, before, after, red, green, links, loopback };
});

export const onSite = chapter({ given: site, needs: NEEDS });

export const onFresh = chapter({ given: fresh, needs: NEEDS });

/** The same two namespaces with `lo` set up in both. */
export const loopbackUp = stage(fresh, async (value) => {
  const { lab, red, green } = value;
  await lab.run(...within(red, "ip link set lo up"), ...within(green, "ip link set lo up"));
  const lo = (await iprouteLinks(red)).find(({ name }) => name === "lo");
  return { ...value, lo };
});

export const onLoopbackUp = chapter({ given: loopbackUp, needs: NEEDS });
