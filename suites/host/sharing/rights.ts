import { expect } from "vitest";
import { nameOf } from "../../../helpers/engine/run-identity.ts";
import { removeContainer } from "../../../helpers/engine/sweep.ts";
import { cidr } from "../../../helpers/model/cidr.ts";
import { ProbeFailed } from "../../../helpers/model/evidence.ts";
import { link, links } from "../../../helpers/probes/links.ts";
import {
  cite,
  D0,
  D1,
  D2,
  D3,
  requirement,
  type Session,
  stage,
  theEngine,
} from "../../../helpers/requirement/index.ts";
import { dockerCli, ownContainer } from "../../../helpers/vantage/docker-cli.ts";
import { hostNetwork, hostPrograms } from "../../../helpers/vantage/host-programs.ts";
import { addressLines, sharing } from "./site.ts";

requirement(
  "HOST-23",
  {
    must: "A change that a container in host mode with NET_ADMIN makes to an interface MUST be a change of the host's interface",
    from: [D3("二.2")],
    needs: ["default bridge", "host view"],
  },
  // The interface is the host end of our own bridged container: it goes with that container, whatever happens.
  stage(sharing, async ({ other, web }, session) => {
    const onHost = hostNetwork(await session.host());
    const eth0 = await link(web, "eth0");
    const device = (await links(hostPrograms(await session.host()))).find((one) => one.index === eth0?.peerIndex)?.name;
    if (device === undefined) throw new ProbeFailed("the host end of the bridged container's veth pair was not found");
    const address = `${cidr(session.subnets.choose(30)).host(1)}/32`;
    const before = await addressLines(onHost);
    const added = await other.act(`ip addr add ${address} dev ${device}`);
    const after = await addressLines(onHost);
    const removed = await other.act(`ip addr del ${address} dev ${device}`);
    return { line: `${device} ${address}`, before, added, after, removed, atLast: await addressLines(onHost) };
  }),
  ({ line, before, added, after, removed, atLast }) => {
    expect({ exitCode: added.exitCode, stderr: added.stderr }, "the container's `ip addr add`").toEqual({
      exitCode: 0,
      stderr: "",
    });
    expect(before, "addresses of the host before").not.toContain(line);
    expect(after, "addresses of the host after the container added one").toContain(line);
    expect(removed.exitCode, "exit code of the container's `ip addr del`").toBe(0);
    expect(atLast, "addresses of the host after the container removed it").not.toContain(line);
  },
);

requirement(
  "HOST-24",
  {
    must: "`docker run` MUST take `--network=host` and `--net=host` for the same: host mode",
    from: [
      cite("docs/host#examples", "docker run --rm -it --net=host nicolaka/netshoot"),
      D0("3.4.4"),
      D1("host模式"),
      D2("二"),
      D3("二.2"),
    ],
    needs: ["docker CLI"],
  },
  theEngine,
  async (session) => {
    const modes = await Promise.all(["--network", "--net"].map((flag) => modeCreatedWith(session, flag)));
    expect(modes, "network modes of containers created with --network=host and --net=host").toEqual(["host", "host"]);
  },
);

async function modeCreatedWith({ docker, facts, runId, images }: Session, flag: string): Promise<string | undefined> {
  const name = nameOf(runId, `host-cli${flag}`);
  const own = ownContainer(runId);
  try {
    // An engine with userns-remap refuses host mode to containers that are not exempt from it.
    const exempt = facts.engine.usernsRemap ? ["--userns=host"] : [];
    const create = await dockerCli("create", `${flag}=host`, ...exempt, "--name", name, ...own, images.busybox, "true");
    expect(
      create.exitCode,
      `exit code of \`docker create ${flag}=host\`; it said: ${create.stderr.trim().split("\n")[0]}`,
    ).toBe(0);
    return (await docker.getContainer(name).inspect()).HostConfig.NetworkMode;
  } finally {
    await removeContainer(docker, name);
  }
}
