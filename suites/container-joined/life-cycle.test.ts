import { expect } from "vitest";
import { dockerErrorOf } from "../../helpers/engine/docker-error.ts";
import { labelsOf, nameOf } from "../../helpers/engine/run-identity.ts";
import { removeContainer } from "../../helpers/engine/sweep.ts";
import { joinToStoppedContainer } from "../../helpers/expectations/refusals.ts";
import type { Vantage } from "../../helpers/model/evidence.ts";
import { addresses } from "../../helpers/probes/addresses.ts";
import { links } from "../../helpers/probes/links.ts";
import { namespaces } from "../../helpers/probes/namespaces.ts";
import { ping } from "../../helpers/probes/reach.ts";
import { routes } from "../../helpers/probes/routes.ts";
import { eventually } from "../../helpers/requirement/eventually.ts";
import {
  bridge,
  busybox,
  chapter,
  D1,
  engine,
  mustNotReach,
  mustReach,
  requirement,
  stage,
  topology,
  Violation,
} from "../../helpers/requirement/index.ts";
import { atThisMoment } from "../../helpers/requirement/moment.ts";
import { mustBeRefused, mustSay } from "../../helpers/requirement/refusal.ts";
import type { Endpoint } from "../../helpers/topology/endpoint.ts";

/** Seconds between SIGTERM, which a shell as main process ignores, and SIGKILL. */
const GRACE_SECONDS = 1;

/** An owner of a network namespace that is stopped and started; one joined container that is restarted, one that keeps running. */
const apart = topology("joined-life", {
  // Open whatever the daemon's defaults for new networks: here it only carries the questions.
  networks: { net: bridge({ options: { "com.docker.network.bridge.enable_icc": "true" } }) },
  containers: {
    // A daemon with `"init": true` would put an init in front of the shell, which then dies of SIGTERM.
    owner: busybox({ on: "net", restartable: true, hostConfig: { Init: false } }),
    restarted: busybox({ joins: "owner", restartable: true }),
    lasting: busybox({ joins: "owner" }),
    neighbour: busybox({ on: "net" }),
    bystander: busybox({ on: "net" }),
  },
});

async function names(of: Vantage): Promise<string[]> {
  return (await links(of)).map((one) => one.name);
}

/** The interfaces once the engine has taken the owner's away, or what is left after a while. */
async function namesAfterStop(of: Vantage): Promise<string[]> {
  await eventually(async () => {
    if ((await names(of)).length > 1) throw new Error("still there");
  }).catch(() => undefined);
  return await names(of);
}

/** What a joined container has and reaches once its owner was stopped. */
async function afterStop(lasting: Endpoint, bystander: Endpoint, target: string) {
  const interfaces = await namesAfterStop(lasting);
  const unreachable = await atThisMoment(
    mustNotReach(ping(lasting, target), { as: "unreachable", control: ping(bystander, target) }),
  );
  const loopback = await atThisMoment(mustReach(ping(lasting, "127.0.0.1")));
  const [all, loAddresses, table] = await Promise.all([links(lasting), addresses(lasting, "lo"), routes(lasting)]);
  return { interfaces, unreachable, loopback, lo: all.find((one) => one.name === "lo"), loAddresses, table };
}

/** The owner is stopped while both joined containers run. */
const ownerStopped = stage(apart, async (containers) => {
  const { owner, restarted, lasting, neighbour, bystander } = containers;
  // A container and not the gateway: the gateway is the host, whose own packet filter may answer nobody.
  const target = neighbour.addressOn("net");
  const before = await names(lasting);
  const reached = await atThisMoment(mustReach(ping(lasting, target)));
  await owner.stop(GRACE_SECONDS);
  // Nothing can be asked in one that ended as well: that it ended its state says.
  const left = await atThisMoment(afterStop(lasting, bystander, target));
  const [ownerState, ...joinedStates] = await Promise.all(
    [owner, restarted, lasting].map(async (one) => (await one.inspect()).State),
  );
  return { ...containers, target, before, reached, left, ownerState, joinedStates };
});

const onOwnerStopped = chapter({ given: ownerStopped });

onOwnerStopped(
  "JOIN-17",
  {
    must: "A container that joined X's network MUST keep running when X stops",
    from: [D1("5.5")],
    cause:
      "something beside the engine stopped or killed them with X: a supervisor that takes them for one pod, a unit with PartOf=, a hook on the engine's events",
  },
  ({ ownerState, joinedStates }) => {
    expect(ownerState?.Running, "whether the stopped owner still runs").toBe(false);
    expect(
      joinedStates.map((state) => state.Running),
      "whether its two joined containers run",
    ).toEqual([true, true]);
  },
);

requirement(
  "JOIN-18",
  { must: "When X stops, eth0 MUST vanish from the containers that joined X's network", from: [D1("5.5")] },
  ownerStopped,
  ({ before, left }) => {
    expect(before, "interfaces of the joined container while the owner ran").toEqual(["lo", "eth0"]);
    expect(left().interfaces, "interfaces of the joined container after the owner stopped").not.toContain("eth0");
  },
);

onOwnerStopped(
  "JOIN-19",
  {
    must: "When X stops, `lo` with 127.0.0.1 MUST remain up and working in the containers that joined X's network",
    from: [D1("5.5")],
  },
  ({ left }) => {
    const { lo, loAddresses, loopback } = left();
    expect(lo, "lo in the joined container after the owner stopped").toMatchObject({ up: true, carrier: true });
    expect(
      loAddresses.map(({ address, prefix }) => `${address}/${prefix}`),
      "its addresses",
    ).toContain("127.0.0.1/8");
    loopback();
  },
);

onOwnerStopped(
  "JOIN-20",
  {
    must: "When X stops, the containers that joined X's network MUST have no route left and MUST NOT reach anything outside themselves",
    from: [D1("5.5")],
  },
  ({ reached, left }) => {
    reached();
    const { table, unreachable } = left();
    expect(
      table.map(({ destination, prefix }) => `${destination}/${prefix}`),
      "IPv4 routes of the joined container after the owner stopped",
    ).toEqual([]);
    unreachable();
  },
);

onOwnerStopped(
  "JOIN-21",
  {
    must: "A container whose main process ignores SIGTERM and is killed at the end of the grace period MUST show exit code 137",
    from: [D1("5.5")],
    cause:
      "the main process ended by itself (the image's shell heeds SIGTERM), or the engine's inspect tells another exit code than the process had",
  },
  ({ ownerState }) => {
    expect(ownerState?.ExitCode, "exit code of the stopped owner, whose main process is a shell").toBe(137);
  },
);

/** While the owner is stopped: its joined container is restarted, and a new container is to join it. */
const joinedTooEarly = stage(ownerStopped, async (value, { docker, runId, images }) => {
  const { owner, restarted } = value;
  const restart = await atThisMoment(
    mustBeRefused("restarting a container whose network owner is stopped", () => restarted.container.restart({ t: 0 })),
  );
  const afterRestart = (await restarted.inspect()).State;
  let late = "";
  const start = await atThisMoment(
    mustBeRefused("starting a container that joins a stopped one", async () => {
      const container = await docker.createContainer({
        name: nameOf(runId, "joined-life-late"),
        Labels: labelsOf(runId),
        Image: images.busybox,
        Entrypoint: ["sleep", "60"],
        HostConfig: { NetworkMode: `container:${owner.id}`, CapDrop: ["ALL"] },
      });
      late = container.id;
      await container.start();
    }),
  );
  if (late === "") return { ...value, restart, afterRestart, start, afterStart: null };
  const afterStart = (await docker.getContainer(late).inspect()).State;
  await removeContainer(docker, late);
  return { ...value, restart, afterRestart, start, afterStart };
});

const onJoinedTooEarly = chapter({ given: joinedTooEarly });

onJoinedTooEarly(
  "JOIN-16",
  { must: "A container that joins X's network MUST NOT start while X is not running", from: [D1("5.5")] },
  ({ start, afterStart }, { facts }) => {
    mustSay("starting a container that joins a stopped one", start(), joinToStoppedContainer(facts));
    expect(
      { running: afterStart?.Running, pid: afterStart?.Pid },
      "the container whose start was refused, by inspect",
    ).toEqual({ running: false, pid: 0 });
  },
);

onJoinedTooEarly(
  "JOIN-22",
  { must: "Restarting a container that joined X's network MUST fail while X is stopped", from: [D1("5.5")] },
  ({ restart, afterRestart }) => {
    restart();
    expect(
      { running: afterRestart.Running, pid: afterRestart.Pid },
      "the container whose restart was refused, by inspect",
    ).toEqual({ running: false, pid: 0 });
  },
);

onJoinedTooEarly(
  "JOIN-23",
  {
    must: "The refusal to restart a joined container MUST say `cannot join network of a non running container` and name that container",
    from: [D1("5.5")],
    until: "message-names-network-namespace",
  },
  ({ restart, owner, restarted }) => {
    const { message } = restart();
    expect(message, "the engine's words").toContain(`cannot join network of a non running container: ${owner.id}`);
    expect(message, "the engine's words about the container that was to be restarted").toContain(restarted.id);
  },
);

onJoinedTooEarly(
  "JOIN-23b",
  {
    must: "The refusal to restart a joined container MUST say `cannot join network namespace of a non running container` and name that container",
    from: [engine("v28.0.0 daemon/container_operations.go")],
    since: "message-names-network-namespace",
  },
  ({ restart, owner }) => {
    const { message } = restart();
    expect(message, "the engine's words").toContain("cannot join network namespace of a non running container");
    const named = [owner.name, owner.id].some((reference) =>
      message.slice(message.indexOf("non running container")).includes(reference),
    );
    expect(named, `whether the engine's words name ${owner.name}: ${message}`).toBe(true);
  },
);

/** Starts a container that is not running. */
async function mustStart(container: Endpoint): Promise<void> {
  try {
    await container.start();
  } catch (error) {
    if (dockerErrorOf(error)?.statusCode !== 304) throw error;
    throw new Violation("the joined container before X was started again", {
      expected: "not running: its restart must have been refused",
      observed: "it runs (the engine answers 304 to its start)",
    });
  }
}

/** The owner runs again; then the restarted container is started, the lasting one is left alone. */
const ownerBack = stage(joinedTooEarly, async ({ owner, restarted, lasting, neighbour, target }) => {
  await owner.start();
  const lastingNames = await names(lasting);
  const lastingReach = await atThisMoment(
    mustNotReach(ping(lasting, target), { as: "unreachable", control: ping(owner, target) }),
  );
  const restart = await atThisMoment(mustStart(restarted));
  return { owner, restarted, lasting, neighbour, lastingNames, lastingReach, restart };
});

requirement(
  "JOIN-24",
  {
    must: "A joined container that could not start while X was stopped MUST start once X runs again, and share X's present network",
    from: [D1("5.5")],
  },
  ownerBack,
  async ({ owner, restarted, neighbour, restart }) => {
    restart();
    const [own, joined] = await Promise.all([namespaces(owner), namespaces(restarted)]);
    expect(joined.net, "network namespace of the joined container after its start").toBe(own.net);
    await mustReach(ping(restarted, neighbour.addressOn("net")));
  },
);

requirement(
  "JOIN-25",
  {
    must: "Starting X again MUST NOT give the network back to a joined container that kept running: it keeps the old, empty namespace until it is restarted itself",
    from: [D1("5.5")],
  },
  ownerBack,
  async ({ owner, lasting, lastingNames, lastingReach }) => {
    const [own, joined] = await Promise.all([namespaces(owner), namespaces(lasting)]);
    expect(joined.net, "network namespace of the container that kept running").not.toBe(own.net);
    expect(lastingNames, "its interfaces after the owner was started again").not.toContain("eth0");
    lastingReach();
  },
);
