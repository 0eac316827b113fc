import { expect } from "vitest";
import { ProbeFailed } from "../../helpers/model/evidence.ts";
import { addresses, type CarriedAddress } from "../../helpers/probes/addresses.ts";
import { type Link, links } from "../../helpers/probes/links.ts";
import { ping } from "../../helpers/probes/reach.ts";
import { briefly } from "../../helpers/requirement/briefly.ts";
import { eventually } from "../../helpers/requirement/eventually.ts";
import { busybox, cite, D1, mustReach, requirement, stage, theEngine } from "../../helpers/requirement/index.ts";
import { atThisMoment } from "../../helpers/requirement/moment.ts";
import { undisturbed } from "../../helpers/requirement/undisturbed.ts";
import type { Endpoint } from "../../helpers/topology/endpoint.ts";
import { ENTERS_HOST } from "../../helpers/vantage/host-view.ts";

/** A container on `--network none`, started while nothing else of the run is. */
const CLOSED = { containers: { plain: busybox({ on: "none" }) } };

/**
 * The operator who plugs an interface into it, and at the same time the control: a container on the default bridge,
 * whose start must show on the host. Links are made in its own network namespace, so that nothing is left on the host
 * even when the run is killed. NET_ADMIN makes and moves links, SYS_ADMIN enters the other container's network
 * namespace, the host's PIDs name it.
 */
const OPERATOR = {
  containers: {
    admin: busybox({
      capabilities: ["NET_ADMIN", "SYS_ADMIN"],
      hostConfig: ENTERS_HOST,
    }),
  },
};

/** The host's links before the closed container's start, after it, and after the control's; then the operator's work. */
const starts = stage(theEngine, async (_, session) => {
  const host = await session.host();
  return await undisturbed(session, undefined, async (attempt) => {
    const before = await links(host);
    return await briefly(session, `none-quiet-${attempt}`, CLOSED, async ({ containers: { plain } }) => {
      const afterClosed = await links(host);
      return await briefly(session, `none-operator-${attempt}`, OPERATOR, async ({ containers: { admin } }) => ({
        addedByClosed: added(before, afterClosed),
        addedByControl: added(afterClosed, await links(host)),
        plugged: await atThisMoment(plugIn(admin, plain)),
      }));
    });
  });
});

requirement(
  "NONE-09",
  {
    must: "Starting a container with `--network none` MUST NOT add a veth interface, a port of the default bridge or any other link to the host",
    from: [cite("docs/none", "Within the container, only the loopback device is created."), D1("四类网络模式")],
    needs: ["host view", "default bridge"],
    cause:
      "something gives every new container an interface of its own (pipework, a hook on container starts: `ip link set … netns`)",
  },
  starts,
  ({ addedByClosed, addedByControl }, { facts }) => {
    const ports = addedByControl.filter((one) => one.master === facts.defaultBridge?.device).length;
    if (ports !== 1)
      throw new ProbeFailed(`the control on the default bridge shows ${ports} new bridge ports on the host, not one`);
    expect(
      addedByClosed.map(({ name, master }) => (master === null ? name : `${name}, port of ${master}`)),
      "links that the start added to the host",
    ).toEqual([]);
  },
);

requirement(
  "NONE-17",
  {
    must: "An operator MUST be able to push an interface into the namespace of a container on network `none` from outside, by the container's PID, and to configure it there",
    from: [D1("none模式")],
    cause:
      "the container answers no ping (icmp_echo_ignore_all in it, a filter of its own), or a hook took the pushed interface away",
    needs: ["host view"],
  },
  starts,
  ({ plugged }) => {
    const { inside, carried } = plugged();
    expect(inside, "interfaces that the container sees after the operator pushed `plug` in").toContain("plug");
    expect(
      carried.filter(({ family }) => family === 4).map(({ address, prefix }) => `${address}/${prefix}`),
      "IPv4 addresses on the pushed interface, as the container sees them",
    ).toEqual([`${CONTAINER_END}/30`]);
  },
);

/** Any pair of addresses will do: both ends are in namespaces of ours, and nothing is routed between them and elsewhere. */
const OPERATOR_END = "198.18.255.253";
const CONTAINER_END = "198.18.255.254";

/**
 * Gives the container one end of a new veth pair with an address and lets both ends ping each other.
 * Out: what the container sees afterwards. @throws Violation when a ping is not answered; ProbeFailed when the kernel refuses a step
 */
async function plugIn(admin: Endpoint, plain: Endpoint): Promise<{ inside: string[]; carried: CarriedAddress[] }> {
  const inContainer = `nsenter -t ${plain.pid} -n`;
  const steps = [
    // BusyBox's `ip` knows no `peer name`; the kernel calls the other end veth0, being the first of the namespace.
    "ip link add plug type veth",
    `ip link set plug netns ${plain.pid}`,
    `ip address add ${OPERATOR_END}/30 dev veth0`,
    "ip link set veth0 up",
    `${inContainer} ip address add ${CONTAINER_END}/30 dev plug`,
    `${inContainer} ip link set plug up`,
  ];
  for (const step of steps) {
    const evidence = await admin.act(step);
    if (evidence.exitCode !== 0)
      throw new ProbeFailed(`the operator's \`${step}\` failed: ${evidence.stderr.trim()}`, evidence);
  }
  await Promise.all([inOperation(plain, "plug"), inOperation(admin, "veth0")]);
  await Promise.all([mustReach(ping(plain, OPERATOR_END)), mustReach(ping(admin, CONTAINER_END))]);
  const [inside, carried] = await Promise.all([links(plain), addresses(plain, "plug")]);
  return { inside: inside.map((one) => one.name), carried };
}

/**
 * Waits until an interface is in operation. The kernel learns of the other end's coming up a moment later, up to a second
 * on a busy host, and drops what is sent until then; an echo that is dropped is answered by nobody.
 */
async function inOperation(of: Endpoint, device: string): Promise<void> {
  await eventually(async () => {
    const state = (await links(of)).find(({ name }) => name === device)?.state;
    if (state !== "up") throw new ProbeFailed(`${device} of ${of.label} does not come into operation: ${state}`);
  });
}

function added(before: readonly Link[], after: readonly Link[]): Link[] {
  const known = new Set(before.map((one) => one.index));
  return after.filter((one) => !known.has(one.index));
}
