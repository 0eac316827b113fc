import { randomInt } from "node:crypto";
import { expect } from "vitest";
import { sharesUserNamespace } from "../../helpers/expectations/namespaces.ts";
import { ProbeFailed, type Vantage } from "../../helpers/model/evidence.ts";
import { hostname } from "../../helpers/probes/hostname.ts";
import { namespaces } from "../../helpers/probes/namespaces.ts";
import { textFile } from "../../helpers/probes/text-file.ts";
import {
  busybox,
  chapter,
  cite,
  D0,
  D1,
  D3,
  NotRun,
  observed,
  requirement,
  type Session,
  topology,
} from "../../helpers/requirement/index.ts";
import { hostPrograms } from "../../helpers/vantage/host-programs.ts";

const OTHERWISE_ISOLATED = cite(
  "docs/host#usage-example",
  "the container remains isolated in all other aspects (storage, process namespace, user namespace)",
);

/** Marks that the containers leave in each of their namespaces: if one were shared, they would be seen in it. Nothing else has this number. */
const MARK = randomInt(1_000_000_000, 2_000_000_000);
/** In a directory where every user may write: root of an exempt container does not own the root directory of an engine with userns-remap. */
const FILE = `/tmp/dnc-marker-${MARK}`;
const SHARED_MEMORY = `/dev/shm/dnc-marker-${MARK}`;
/** A process that can be told from all others by its argument, the seconds that it sleeps. */
const SLEEP = `sleep ${MARK}`;
const leaveFiles = [`echo marked >${FILE}`, `echo marked >${SHARED_MEMORY}`];

/** Where the mount namespaces are two, as the diagnosis looks at, what is left is somebody who copies. */
const FILE_ELSEWHERE =
  "the containers or the host share a mount of the root directory, or an agent on the host copies files between their root file systems";

/** Containers that share a network stack: `joined` that of `owner`, `open` the host's. */
const sharing = topology("isolation", {
  containers: {
    owner: busybox({ prelude: [...leaveFiles, `${SLEEP} &`] }),
    joined: busybox({ joins: "owner" }),
    open: busybox({ on: "host", prelude: leaveFiles }),
  },
});

requirement(
  "ISO-01",
  {
    must: "A container that joins another one's network MUST have a mount namespace of its own: a file of the other is not visible in it",
    from: [D0("3.4.3"), D1("container模式")],
    cause: FILE_ELSEWHERE,
  },
  sharing,
  async ({ owner, joined }) => {
    await expectShared(owner, joined);
    expect(await exists(owner, FILE), `whether ${FILE} is there in the container that wrote it`).toBe(true);
    expect(await exists(joined, FILE), `whether ${FILE} is there in the container that joined it`).toBe(false);
    const [one, other] = await Promise.all([namespaces(owner), namespaces(joined)]);
    expect(other.mnt, "mount namespace of the joined container, beside the owner's").not.toBe(one.mnt);
  },
);

requirement(
  "ISO-02",
  {
    must: "A container that joins another one's network MUST have a PID namespace of its own: the other's processes are not listed in it",
    from: [D0("2"), D1("container模式"), D3("一.2.3")],
  },
  sharing,
  async ({ owner, joined }) => {
    await expectShared(owner, joined);
    expect(await runsSleep(owner), "whether the owner's own process is listed in the owner").toBe(true);
    expect(await runsSleep(joined), "whether the owner's process is listed in the joined container").toBe(false);
    const [one, other] = await Promise.all([namespaces(owner), namespaces(joined)]);
    expect(other.pid, "PID namespace of the joined container, beside the owner's").not.toBe(one.pid);
  },
);

requirement(
  "ISO-03",
  {
    must: "A container that joins another one's network MUST have an IPC namespace of its own: shared memory of the other is not visible in it",
    from: [D0("2")],
  },
  sharing,
  async ({ owner, joined }) => {
    await expectShared(owner, joined);
    expect(await exists(owner, SHARED_MEMORY), "whether the shared memory is there in the container that made it").toBe(
      true,
    );
    expect(await exists(joined, SHARED_MEMORY), "whether it is there in the container that joined it").toBe(false);
    const [one, other] = await Promise.all([namespaces(owner), namespaces(joined)]);
    expect(other.ipc, "IPC namespace of the joined container, beside the owner's").not.toBe(one.ipc);
  },
);

requirement(
  "ISO-04",
  {
    must: "A container that joins another one's network MUST have a UTS namespace of its own, although it shows the same hostname",
    from: [D0("2")],
  },
  sharing,
  async ({ owner, joined }) => {
    await expectShared(owner, joined);
    const [one, other] = await Promise.all([namespaces(owner), namespaces(joined)]);
    expect(other.uts, "UTS namespace of the joined container, beside the owner's").not.toBe(one.uts);
    const [name, same] = await Promise.all([hostname(owner), hostname(joined)]);
    expect(name, "hostname of the owner").toBe(owner.shortId);
    expect(same, "hostname of the joined container").toBe(name);
  },
);

const onSharing = chapter({ given: sharing, needs: ["host view"] });

onSharing(
  "ISO-05",
  {
    must: "Containers that share a network MUST be in one user namespace, which is the host's unless the engine remaps users",
    from: [
      D3("一.2.3"),
      observed(["20.10", "26.1", "28.5"], "one user namespace, which the tutorial counts among the separate ones"),
    ],
  },
  async ({ owner, joined, open }, { facts }) => {
    const [one, other, third] = await Promise.all([namespaces(owner), namespaces(joined), namespaces(open)]);
    expect(other.user, "user namespace of the joined container, beside the owner's").toBe(one.user);
    if (!sharesUserNamespace(facts)) return;
    expect(
      [one.user, third.user],
      "user namespaces of a bridged and a host-mode container, beside that of dockerd",
    ).toEqual([facts.host?.namespaces.user, facts.host?.namespaces.user]);
  },
);

onSharing(
  "ISO-06",
  {
    must: "A container in host mode MUST have a mount namespace of its own: a file that it writes is not on the host",
    from: [OTHERWISE_ISOLATED, D0("3.4.4"), D1("host模式")],
    cause: FILE_ELSEWHERE,
  },
  async ({ open }, session) => {
    const host = await session.host();
    expect(await exists(open, FILE), `whether ${FILE} is there in the container that wrote it`).toBe(true);
    expect(await exists(hostPrograms(host), FILE), `whether ${FILE} is there on the host`).toBe(false);
    expect((await namespaces(open)).mnt, "mount namespace of the container, beside that of dockerd").not.toBe(
      session.facts.host?.namespaces.mnt,
    );
  },
);

onSharing(
  "ISO-07",
  {
    must: "A container in host mode MUST have a PID namespace of its own: it lists only its own processes, and its first one is process 1",
    from: [OTHERWISE_ISOLATED, D1("host模式")],
  },
  async ({ owner, open }, session) => {
    const { facts } = session;
    expect((await namespaces(open)).pid, "PID namespace of the container, beside that of dockerd").not.toBe(
      facts.host?.namespaces.pid,
    );
    const host = await session.host();
    expect(await runsSleep(host), `whether a process of ${owner.name} is listed on the host`).toBe(true);
    expect(await runsSleep(open), "whether it is listed in the host-mode container").toBe(false);
    expect(await textFile(open, "/proc/1/cmdline"), "process 1 in it: its own entry point").toContain(FILE);
  },
);

onSharing(
  "ISO-08",
  {
    must: "The host MUST see the processes of a container in host mode, under process ids of its own",
    from: [D0("3.4.4")],
  },
  async ({ open }, session) => {
    const host = await session.host();
    const status = await textFile(host, `/proc/${open.pid}/status`);
    const ids = /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
    expect(ids.at(-1), "number that the container itself gives its main process").toBe("1");
    expect(ids[0], "number that the host gives it").toBe(String(open.pid));
    expect(open.pid, "number that the host gives it, beside the container's own").not.toBe(1);
    const link = await host.ask(`readlink /proc/${open.pid}/ns/pid`);
    expect(link.stdout.trim(), "PID namespace of that process, beside that of the container").toBe(
      (await namespaces(open)).pid,
    );
  },
);

onSharing(
  "ISO-09",
  {
    must: "A container in host mode MUST keep UTS and IPC namespaces of its own: only the network is the host's",
    from: [
      cite(
        "cli/container_run#uts",
        "By default, all containers, including those with --network=host, have their own UTS namespace.",
      ),
      D3("一.2.4"),
      observed(["20.10", "26.1", "28.5"], "UTS and IPC of its own, which the tutorial counts among the shared ones"),
    ],
  },
  async ({ open }, session) => {
    const host = session.facts.host?.namespaces;
    const own = await namespaces(open);
    expect(own.net, "network namespace of the container, beside that of dockerd").toBe(host?.net);
    expect(own.uts, "UTS namespace of the container, beside that of dockerd").not.toBe(host?.uts);
    expect(own.ipc, "IPC namespace of the container, beside that of dockerd").not.toBe(host?.ipc);
    const view = hostPrograms(await session.host());
    expect(await exists(view, SHARED_MEMORY), "whether shared memory of the container is there on the host").toBe(
      false,
    );
  },
);

onSharing(
  "ISO-10",
  {
    must: "Sharing a network MUST NOT share programs: a program of the host is not in a container, not even in host mode",
    from: [D1("host模式"), D1("container模式")],
  },
  async ({ joined, open }, session) => {
    const program = await pathOfDockerd(session);
    expect(await exists(hostPrograms(await session.host()), program), `whether ${program} is there on the host`).toBe(
      true,
    );
    for (const container of [open, joined]) {
      expect(await exists(container, program), `whether ${program} is there in ${container.name}`).toBe(false);
    }
  },
);

/** Without a shared network nothing is shown: the separateness of two unrelated containers is another matter. */
async function expectShared(owner: Vantage, joined: Vantage): Promise<void> {
  const [one, other] = await Promise.all([namespaces(owner), namespaces(joined)]);
  if (one.net !== other.net)
    throw new ProbeFailed(
      "the joined container does not share the owner's network namespace, so nothing can be said about what else is shared",
    );
}

async function exists(from: Vantage, path: string): Promise<boolean> {
  const evidence = await from.ask(`if [ -e ${path} ]; then echo yes; else echo no; fi`);
  const answer = evidence.stdout.trim();
  if (answer !== "yes" && answer !== "no")
    throw new ProbeFailed(`whether ${path} exists at ${from.label} can't be told`, evidence);
  return answer === "yes";
}

/** Whether the vantage point lists the process that only the owner runs. */
async function runsSleep(from: Vantage): Promise<boolean> {
  // Three programs for all processes together, not one for each; the brackets keep this question from finding itself.
  const wanted = SLEEP.replace(/ (.)/, " [$1]");
  const evidence = await from.ask(
    `cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\000" " " | grep -q "${wanted} " && echo yes; echo end`,
  );
  if (!evidence.stdout.endsWith("end\n"))
    throw new ProbeFailed(`the processes at ${from.label} can't be listed`, evidence);
  return evidence.stdout.startsWith("yes");
}

/** Where dockerd's own program file lies on the host. */
async function pathOfDockerd(session: Session): Promise<string> {
  const host = await session.host();
  const pid = await host.dockerdPid();
  if (pid === null) throw new NotRun("dockerd's process was not found on the host");
  const { stdout } = await host.ask(`readlink /proc/${pid}/exe`);
  const path = stdout.trim();
  // "… (deleted)": replaced by an upgrade while it runs.
  if (!/^\/\S+$/.test(path)) throw new NotRun(`dockerd's program file can't be told (${path})`);
  return path;
}
