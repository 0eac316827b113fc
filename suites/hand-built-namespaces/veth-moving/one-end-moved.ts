import { expect } from "vitest";
import { chapter, cite, D0, D3, D4, NotRun, requirement } from "../../../helpers/requirement/index.ts";
import { kernelIn, NEEDS, names, type Seen, shownIn } from "../look.ts";
import { oneMoved, renamed } from "./site.ts";

const onOneMoved = chapter({ given: oneMoved, needs: NEEDS });

onOneMoved(
  "NETNS-27",
  {
    must: "Moving one end MUST remove it from the first namespace's list, and leave the other end there",
    from: [D0("3.2"), D3("二.1.1"), D4("虚拟以太网对(veth pair)")],
  },
  ({ one, two, after, onHost }) => {
    expect(names(after.shown), "interfaces of the host before the move").toContain(two);
    expect(names(onHost.shown), "interfaces of the host after the move").not.toContain(two);
    expect(names(onHost.shown), "interfaces of the host after the move").toContain(one);
  },
);

onOneMoved(
  "NETNS-28",
  {
    must: "The moved end MUST appear in the target namespace as `NAME@ifN`, N being the index of its peer",
    from: [D0("3.2")],
  },
  ({ one, two, empty, onHost, inside }) => {
    expect(names(empty.shown), "interfaces of the target before the move").not.toContain(two);
    const { index } = kernelIn(onHost, one);
    expect(shownIn(inside, two).peerIndex, `number behind the @if of ${two}`).toBe(index);
    expect(kernelIn(inside, two).peerIndex, `peer index of ${two} in the kernel's files`).toBe(index);
  },
);

onOneMoved(
  "NETNS-29",
  {
    must: "The moved end MUST keep its index where that is free in the target namespace",
    from: [D0("3.2")],
  },
  ({ two, empty, after, inside }) => {
    const { index } = kernelIn(after, two);
    if (empty.kernel.some((other) => other.index === index))
      throw new NotRun(`index ${index} was taken in the target namespace already`);
    expect(kernelIn(inside, two).index, `index of ${two} after the move`).toBe(index);
  },
);

requirement(
  "NETNS-30",
  { must: "The moved end MUST be down in the target namespace", from: [D0("3.2")], needs: NEEDS },
  oneMoved,
  ({ two, inside }) => {
    expect(kernelIn(inside, two).up, `whether ${two} is up after the move`).toBe(false);
    expect(shownIn(inside, two).state, `state of ${two} after the move`).toBe("DOWN");
  },
);

onOneMoved(
  "NETNS-31",
  {
    must: "The peer's namespace MUST be shown as link-netns NAME when it has a name, else as link-netnsid N",
    from: [D0("3.2"), D4("虚拟以太网对(veth pair)")],
  },
  ({ one, two, ns1, onHost, inside }) => {
    expect(shownIn(onHost, one).linkNetns, "link-netns of the end whose peer is in a named namespace").toBe(ns1.name);
    const back = shownIn(inside, two);
    expect(back.linkNetns, "link-netns of the end whose peer is in the host's namespace, which has no name").toBe(
      undefined,
    );
    expect(back.linkNetnsId, "link-netnsid of the end whose peer is in the host's namespace").toEqual(
      expect.any(Number),
    );
  },
);

onOneMoved(
  "NETNS-98",
  {
    must: "An interface MUST belong to exactly one namespace at a time, before it is moved as well as after",
    from: [
      cite("man/network_namespaces", "A physical network device can live in exactly one network namespace."),
      D3("一"),
    ],
  },
  ({ two, after, empty, onHost, inside, beside }) => {
    const owners = (places: Readonly<Record<string, Seen>>): string[] =>
      Object.entries(places)
        .filter(([, { kernel }]) => kernel.some(({ mac }) => mac === kernelIn(after, two).mac))
        .map(([place]) => place);
    expect(owners({ host: after, ns1: empty }), "namespaces that have the interface before the move").toEqual(["host"]);
    expect(
      owners({ host: onHost, ns1: inside, ns2: beside }),
      "namespaces that have the interface after the move",
    ).toEqual(["ns1"]);
  },
);

const onRenamed = chapter({ given: renamed, needs: NEEDS });

onRenamed(
  "NETNS-99",
  {
    must: "An interface given to one namespace MUST be invisible to the others, the host's own included",
    from: [D3("一")],
  },
  ({ two, sought, soughtBeside, soughtInside }) => {
    expect(soughtInside.exitCode, `exit code of \`ip link show ${two}\` in its namespace`).toBe(0);
    for (const answer of [sought, soughtBeside]) {
      expect(answer.exitCode, `exit code of \`${answer.command}\``).not.toBe(0);
      expect(answer.stderr, "what `ip link show` says elsewhere").toContain(`"${two}" does not exist`);
    }
  },
);

onRenamed(
  "NETNS-32",
  {
    must: "An interface that is down MUST be renameable inside its namespace",
    from: [D0("3.2"), D3("二.1.1")],
  },
  ({ two, insideRenamed }) => {
    expect(names(insideRenamed.shown), "interfaces of the namespace").toContain("eth0");
    expect(names(insideRenamed.shown), "interfaces of the namespace").not.toContain(two);
  },
);

requirement(
  "NETNS-33",
  { must: "Renaming MUST keep the interface's index", from: [D0("3.2")], needs: NEEDS },
  renamed,
  ({ two, inside, insideRenamed }) => {
    expect(kernelIn(insideRenamed, "eth0").index, "index after the renaming").toBe(kernelIn(inside, two).index);
  },
);

requirement(
  "NETNS-34",
  { must: "Renaming MUST keep the interface's hardware address", from: [D0("3.2")], needs: NEEDS },
  renamed,
  ({ two, inside, insideRenamed }) => {
    expect(kernelIn(insideRenamed, "eth0").mac, "hardware address after the renaming").toBe(kernelIn(inside, two).mac);
  },
);

onRenamed(
  "NETNS-35",
  {
    must: "Renaming an interface in a namespace where it is not MUST fail: it has to be moved there first",
    from: [D3("二.1.1")],
  },
  ({ one, misnamed }) => {
    expect(misnamed.exitCode, `exit code of renaming ${one}, which is on the host`).not.toBe(0);
    expect(misnamed.stderr.trim(), "what `ip` says").toBe(`Cannot find device "${one}"`);
  },
);
