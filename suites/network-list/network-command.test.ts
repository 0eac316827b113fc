import { expect } from "vitest";
import { nameOf } from "../../helpers/engine/run-identity.ts";
import { removeContainer, removeNetwork } from "../../helpers/engine/sweep.ts";
import { type Evidence, ProbeFailed } from "../../helpers/model/evidence.ts";
import { namespaces } from "../../helpers/probes/namespaces.ts";
import { mustKeepForwarding } from "../../helpers/requirement/forwarding-kept.ts";
import {
  busybox,
  chapter,
  cite,
  D0,
  D1,
  D2,
  D4,
  differs,
  requirement,
  stage,
  theEngine,
  topology,
} from "../../helpers/requirement/index.ts";
import { atThisMoment } from "../../helpers/requirement/moment.ts";
import { listNetworks } from "../../helpers/topology/network-record.ts";
import { dockerCli, dockerCliAnswer, labelOptions, ownContainer } from "../../helpers/vantage/docker-cli.ts";

/** One line of `docker network ls`. */
interface Row {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly scope: string;
}

/**
 * A format of our own: what `docker network ls` prints without one is the user's to choose (`networksFormat`). As JSON,
 * since the engine takes any text for a name, line breaks and tabs too (measured on 26.1).
 */
const COLUMNS = '{"id":{{json .ID}},"name":{{json .Name}},"driver":{{json .Driver}},"scope":{{json .Scope}}}';

async function networkLs(...options: readonly string[]): Promise<Row[]> {
  const answer = await dockerCliAnswer("network", "ls", ...options, "--format", COLUMNS);
  return answer.split("\n").map((line) => JSON.parse(line) as Row);
}

/** A network made with the docker command, a name and a subnet (no pool has to have room), a macvlan network made after it, and how both are listed. */
const created = stage(theEngine, async (_, { docker, facts, runId, subnets }) => {
  // The later one's name sorts first: an order by name differs from the order of creation.
  const plain = nameOf(runId, "list-b-plain");
  const flat = nameOf(runId, "list-a-macvlan");
  const labels = labelOptions(runId);
  const subnet = () => ["--subnet", subnets.choose(24)];
  try {
    mustKeepForwarding(facts, { driver: "bridge" });
    const printed = await dockerCli("network", "create", ...labels, ...subnet(), plain);
    const id = idPrintedBy(printed);
    const listed = await listNetworks(docker);
    const short = await networkLs();
    // Any link of the host will do as a parent, no container is started on it: the first network's own bridge is there,
    // and no other macvlan network can be in its way.
    const macvlan = await atThisMoment(
      dockerCliAnswer(
        "network",
        "create",
        ...labels,
        ...subnet(),
        "-d",
        "macvlan",
        "-o",
        `parent=br-${id.slice(0, 12)}`,
        flat,
      ),
    );
    const full = await networkLs("--no-trunc");
    return { plain, flat, id, printed, listed, short, full, macvlan };
  } finally {
    await removeNetwork(docker, flat);
    await removeNetwork(docker, plain);
  }
});

/** The network's id, which every other observation needs; how it was printed is judged by a requirement of its own. */
function idPrintedBy(evidence: Evidence): string {
  const id = /[0-9a-f]{64}/.exec(evidence.stdout)?.[0];
  if (evidence.exitCode === 0 && id !== undefined) return id;
  throw new ProbeFailed(`\`${evidence.command}\` made no network: ${evidence.stderr.trim()}`, evidence);
}

/** The networks are gone when somebody could look why. */
const OLD_LIST =
  "the engine's list of networks is not the one of this moment: a proxy between here and the engine keeps or filters it (an authorization plugin shows each user a part), or it was altered on its way";

const onCreated = chapter({ given: created, needs: ["docker CLI"] });

onCreated(
  "NETLS-09",
  {
    must: "`docker network ls` MUST show the first 12 hex digits of a network's id, of which `--no-trunc` shows all 64",
    from: [
      cite("cli/network_ls#no-trunc", "Use the --no-trunc option to display the full network id"),
      D0("3.3.3"),
      D1("新建网桥"),
    ],
  },
  ({ short, full, plain, listed, id }) => {
    const predefined = listed.filter(({ Name }) => ["bridge", "host", "none"].includes(Name));
    const ids = new Map([...predefined.map(({ Name, Id }) => [Name, Id] as const), [plain, id]]);
    const idsIn = (rows: readonly Row[]) =>
      Object.fromEntries([...ids.keys()].map((name) => [name, rows.find((row) => row.name === name)?.id]));
    expect(idsIn(full), "ids in `docker network ls --no-trunc`").toEqual(Object.fromEntries(ids));
    expect(idsIn(short), "ids in `docker network ls`").toEqual(
      Object.fromEntries([...ids].map(([name, whole]) => [name, whole.slice(0, 12)])),
    );
  },
);

onCreated(
  "NETLS-10",
  {
    must: "`docker network create` MUST print the new network's full id, 64 hex digits, and nothing else on standard output",
    from: [
      cite(
        "cli/network_inspect#inspect-a-user-defined-network",
        "69568e6336d8c96bbf57869030919f7c69524f71183b44d80948bd3927c87f6a",
      ),
      D0("3.3.3"),
      D1("新建网桥"),
      D2("四"),
      D4("简单回顾"),
    ],
    cause: OLD_LIST,
  },
  ({ printed, listed, plain }) => {
    expect(printed.stdout, "what `docker network create` printed").toMatch(/^[0-9a-f]{64}\n$/);
    expect(
      listed.filter(({ Name }) => Name === plain).map(({ Id }) => Id),
      "ids under which the engine lists the new network",
    ).toEqual([printed.stdout.trim()]);
  },
);

onCreated(
  "NETLS-11",
  {
    must: "A created network MUST be listed at once, by the engine and by `docker network ls`, with its name, driver and scope",
    from: [
      cite("cli/network_ls#description", "Lists all the networks the Engine daemon knows about."),
      D0("3.3.3"),
      D1("新建网桥"),
      D1("5.6"),
    ],
    cause: OLD_LIST,
  },
  ({ plain, id, listed, short }) => {
    expect(
      listed
        .filter(({ Id }) => Id === id)
        .map(({ Name, Driver, Scope }) => ({ name: Name, driver: Driver, scope: Scope })),
      "the new network in the engine's list",
    ).toEqual([{ name: plain, driver: "bridge", scope: "local" }]);
    expect(
      short.filter(({ name }) => name === plain),
      "the new network in `docker network ls`",
    ).toEqual([{ id: id.slice(0, 12), name: plain, driver: "bridge", scope: "local" }]);
  },
);

onCreated(
  "NETLS-12",
  {
    must: "`docker network ls` MUST list networks in the order of their names, not of their creation",
    from: [
      cite("cli/network/list.go#NaturalLess", "sortorder.NaturalLess(res.Items[i].Name, res.Items[j].Name)"),
      D0("3.3.3"),
      D1("新建网桥"),
      D1("5.6"),
    ],
    differs: [
      differs(
        "cli/network_ls#list-all-networks",
        "9f904ee27bf5        none                null            local",
        "The list is sorted by name; in the sample none stands before host.",
        ["26.1", "28.5"],
      ),
    ],
    cause: OLD_LIST,
  },
  ({ full, plain, flat, macvlan }) => {
    macvlan();
    const known = ["bridge", flat, plain, "host", "none"];
    const names = full.map(({ name }) => name).filter((name) => known.includes(name));
    expect(names, "the order in which our networks and the predefined ones are listed").toEqual(names.toSorted());
    expect(names, "networks of ours that are listed").toEqual(expect.arrayContaining([flat, plain]));
  },
);

onCreated(
  "NETLS-13",
  {
    must: "`docker network create NAME` without a driver MUST create a network of the driver `bridge`",
    from: [
      cite(
        "cli/network_create#description",
        "If you don't specify the --driver option, the command automatically creates a bridge network for you.",
      ),
      D1("新建网桥"),
      D4("网络模式简介"),
      D4("简单回顾"),
    ],
    cause: OLD_LIST,
  },
  ({ listed, id }) => {
    expect(listed.find(({ Id }) => Id === id)?.Driver, "driver of a network created without one").toBe("bridge");
  },
);

onCreated(
  "NETLS-14",
  {
    must: "A network created with the driver `macvlan` and no `--scope` MUST be listed with the driver `macvlan` and the scope `local`",
    from: [
      cite(
        "cli/network_create#swarm-networks-with-local-scope-drivers",
        "You do so by promoting the network scope to swarm during the creation of the network.",
      ),
      D1("macvlan 新建"),
    ],
    cause: `${OLD_LIST}; or something between here and the engine replaces the driver that was asked for (an authorization plugin, a platform's proxy)`,
  },
  ({ full, flat, macvlan }) => {
    const id = macvlan();
    expect(
      full.filter(({ name }) => name === flat),
      "the macvlan network in `docker network ls --no-trunc`",
    ).toEqual([{ id, name: flat, driver: "macvlan", scope: "local" }]);
  },
);

requirement(
  "NETLS-17",
  {
    must: "The command `docker network` MUST offer connect, create, disconnect, inspect, ls, prune and rm",
    from: [
      cite(
        "cli/network#description",
        "You can use subcommands to create, inspect, list, remove, prune, connect, and disconnect networks.",
      ),
      D1("intro"),
    ],
    needs: ["docker CLI"],
  },
  theEngine,
  async () => {
    const help = await dockerCliAnswer("network", "--help");
    const offered = [...help.matchAll(/^\s+([a-z]+)\s{2,}\S/gm)].map((match) => match[1]);
    expect(
      ["connect", "create", "disconnect", "inspect", "ls", "prune", "rm"].filter(
        (command) => !offered.includes(command),
      ),
      "commands that `docker network --help` does not name",
    ).toEqual([]);
  },
);

/** A container, and one that joins its network namespace; another one will by the docker command. */
const pair = topology("list", {
  containers: {
    owner: busybox({ on: "none" }),
    joined: busybox({ joins: "owner" }),
  },
});

requirement(
  "NETLS-15",
  {
    must: "The container mode (`--network container:X`) MUST NOT show up as a network: while a container runs in it, the engine lists no network for it and attaches it to none",
    from: [D1("四类网络模式"), D4("网络模式简介")],
  },
  pair,
  async ({ owner, joined }, { docker }) => {
    const [networks, { HostConfig, NetworkSettings }] = await Promise.all([listNetworks(docker), joined.inspect()]);
    const traces = [owner, joined].flatMap(({ id, name }) => [id, name]);
    expect(HostConfig.NetworkMode, "network mode of the joined container").toBe(`container:${owner.id}`);
    expect(Object.keys(NetworkSettings.Networks), "networks that the joined container is attached to").toEqual([]);
    expect(
      networks
        .filter(
          ({ Name, Driver }) =>
            Driver === "container" || Name.startsWith("container") || traces.some((trace) => Name.includes(trace)),
        )
        .map(({ Name, Driver }) => `${Name} (${Driver})`),
      "networks listed for the container mode",
    ).toEqual([]);
  },
);

/** One container run with the short spelling; one created with the long spelling, for the engine's record of it. */
const spellings = stage(pair, async ({ owner }, { docker, images, runId }) => {
  const names = { short: nameOf(runId, "list-net"), long: nameOf(runId, "list-network") };
  const own = ownContainer(runId);
  const inMode = `container:${owner.id}`;
  try {
    const [ownNamespaces, ran] = await Promise.all([
      namespaces(owner),
      dockerCli(
        "run",
        "--name",
        names.short,
        ...own,
        `--net=${inMode}`,
        images.busybox,
        "sh",
        "-c",
        // Alive a moment longer: a busy engine may lose what a container says as it ends.
        "readlink /proc/self/ns/net; sleep 1",
      ),
      dockerCliAnswer("create", "--name", names.long, ...own, `--network=${inMode}`, images.busybox, "true"),
    ]);
    // A command that does not know the spelling makes no container: the requirement tells that, from its exit code.
    const [short, long] = await Promise.all(
      [names.short, names.long].map(async (name) =>
        name === names.short && ran.exitCode !== 0
          ? null
          : (await docker.getContainer(name).inspect()).HostConfig.NetworkMode,
      ),
    );
    return { own: ownNamespaces, ran, short, long };
  } finally {
    await Promise.all(Object.values(names).map((name) => removeContainer(docker, name)));
  }
});

requirement(
  "NETLS-18",
  {
    must: "`docker run` MUST accept `--net` as another spelling of `--network`: the same mode is recorded, and it is in force",
    from: [
      cite("docs/host#examples", "docker run --rm -it --net=host nicolaka/netshoot"),
      D1("host模式"),
      D1("container模式"),
    ],
    needs: ["docker CLI"],
  },
  spellings,
  ({ own, ran, short, long }) => {
    expect(
      ran.exitCode,
      `exit code of \`docker run --net=container:…\`; it said: ${ran.stderr.trim().split("\n")[0]}`,
    ).toBe(0);
    expect(short, "the mode recorded for --net, against the one for --network").toBe(long);
    expect(ran.stdout.trim(), "network namespace of the container run with --net=container:X, against X's own").toBe(
      own.net,
    );
  },
);
