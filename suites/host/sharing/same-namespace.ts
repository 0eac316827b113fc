import { expect } from "vitest";
import { expectedDefaultBridge } from "../../../helpers/expectations/default-bridge.ts";
import { networksApart } from "../../../helpers/expectations/namespaces.ts";
import type { Vantage } from "../../../helpers/model/evidence.ts";
import { addresses } from "../../../helpers/probes/addresses.ts";
import { iprouteLinks } from "../../../helpers/probes/iproute-links.ts";
import { link, links } from "../../../helpers/probes/links.ts";
import { namespaces } from "../../../helpers/probes/namespaces.ts";
import { type IpLink, parseIpAddress } from "../../../helpers/probes/parse/parse-ip-address.ts";
import { cite, D0, D1, D2, D3, D4, NotApplicable } from "../../../helpers/requirement/index.ts";
import { hostNetwork, hostPrograms } from "../../../helpers/vantage/host-programs.ts";
import { addressLines, LOOKS, onSharing } from "./site.ts";

const SHARES = cite("docs/host", "the container shares the host's networking namespace");

onSharing(
  "HOST-01",
  {
    must: "A container started with `--network host` MUST be in the host's network namespace",
    from: [SHARES, D0("2"), D0("3.4.4"), D1("host模式"), D2("二"), D3("二.2"), D4("网络模式简介")],
  },
  async ({ open, other, web }, { facts }) => {
    const [one, two, bridged] = await Promise.all([namespaces(open), namespaces(other), namespaces(web)]);
    const host = facts.host?.namespaces.net;
    expect([one.net, two.net], "network namespaces of two host-mode containers, beside dockerd's").toEqual([
      host,
      host,
    ]);
    expect(bridged.net, "network namespace of a container on the default bridge, beside dockerd's").not.toBe(host);
  },
);

onSharing(
  "HOST-02",
  {
    must: "A container in host mode MUST see the same network interfaces as the host",
    from: [SHARES, D0("2"), D0("3.4.4"), D1("host模式"), D2("二"), D3("二.2")],
  },
  async ({ open }, session) => {
    const names = async (from: Vantage): Promise<string[]> =>
      (await links(from)).map((one) => `${one.index} ${one.name}`);
    await alike(names, open, hostPrograms(await session.host()), "interfaces in the container, beside the host's");
  },
);

onSharing(
  "HOST-03",
  {
    must: "A container in host mode MUST see the same addresses on the interfaces as the host",
    from: [SHARES, D0("2"), D0("3.4.4"), D1("host模式"), D2("二"), D3("二.2")],
  },
  async ({ open }, session) => {
    await alike(addressLines, open, hostNetwork(await session.host()), "addresses in the container, beside the host's");
  },
);

onSharing(
  "HOST-04",
  {
    must: "A container in host mode MUST see the same MACs on the interfaces as the host",
    from: [SHARES, D0("2"), D0("3.4.4"), D1("host模式"), D2("二"), D3("二.2")],
  },
  async ({ open }, session) => {
    const macs = async (from: Vantage): Promise<string[]> => (await links(from)).map((one) => `${one.name} ${one.mac}`);
    await alike(macs, open, hostPrograms(await session.host()), "MACs in the container, beside the host's");
  },
);

onSharing(
  "HOST-05",
  {
    must: "A container in host mode MUST see the default bridge's device with the address that the host has on it",
    from: [SHARES, D0("2"), D0("3.4.4"), D1("host模式"), D2("二"), D3("二.2")],
    needs: ["default bridge"],
    unless: networksApart,
    cause: "the address was taken off the device; a restart of dockerd sets it again",
  },
  async ({ open, web }, { facts }) => {
    const device = facts.defaultBridge?.device ?? "";
    const found = (await addresses(open, device)).filter((one) => one.family === 4).map((one) => one.address);
    const configured = expectedDefaultBridge(facts)?.deviceAddress;
    // Without a configured address: the one that bridged containers were given as their gateway.
    const wanted = configured?.known
      ? configured.value
      : facts.configuration["default-gateway"]
        ? facts.defaultBridge?.gateway
        : web.settingsOn("bridge").Gateway;
    expect(found, `IPv4 addresses of ${device} in the container`).toContain(wanted);
  },
);

onSharing(
  "HOST-06",
  {
    must: "A container in host mode MUST see the host ends of other containers' veth pairs",
    from: [SHARES, D3("二.2")],
    needs: ["default bridge"],
    unless: networksApart,
  },
  async ({ open, web }) => {
    const [eth0, inside] = await Promise.all([link(web, "eth0"), links(open)]);
    const end = inside.find((one) => one.index === eth0?.peerIndex);
    expect(end, "what the host-mode container sees as the other end of a bridged container's eth0").toMatchObject({
      name: expect.stringMatching(/^veth/),
      peerIndex: eth0?.index,
    });
  },
);

onSharing(
  "HOST-07",
  {
    must: "A container in host mode MUST also see the host's interfaces that have nothing to do with Docker",
    from: [SHARES, D3("二.2")],
  },
  async ({ open }, session) => {
    const { facts } = session;
    const isDockers = (name: string): boolean =>
      name === "lo" || name === facts.defaultBridge?.device || /^(veth|br-|docker)/.test(name);
    const before = new Set((facts.host?.links ?? []).map(({ name }) => name).filter((name) => !isDockers(name)));
    if (before.size === 0) throw new NotApplicable("the host has no interface beyond lo and Docker's own");
    // A container of its own network may have an eth0 as well: by its MAC it is another one.
    const told = async (from: Vantage): Promise<string[]> =>
      (await links(from)).filter(({ name }) => before.has(name)).map(({ name, mac }) => `${name} ${mac}`);
    const [inside, unrelated] = await Promise.all([told(open), told(hostPrograms(await session.host()))]);
    expect(inside, "interfaces in the container, and those of the host that are not Docker's").toEqual(
      expect.arrayContaining(unrelated),
    );
  },
);

onSharing(
  "HOST-26",
  {
    must: "`ip addr` in a container in host mode MUST tell the same as on the host, interface by interface and in the same order",
    from: [SHARES, D1("host模式")],
    needs: ["host iproute2"],
  },
  async ({ open }, session) => {
    const inside = async (from: Vantage): Promise<string[]> =>
      parseIpAddress((await from.ask("ip addr")).stdout).map(essence);
    const outside = async (from: Vantage): Promise<string[]> => (await iprouteLinks(from)).map(essence);
    await alike(
      inside,
      open,
      hostPrograms(await session.host()),
      "interfaces and addresses by `ip addr` in the container, beside the host's own `ip addr`",
      outside,
    );
  },
);

/**
 * The same answer inside and outside. On a busy host interfaces of other containers come and go between any two looks,
 * so the container's look is taken between two looks of the host: what stands in both of these must be seen, in their
 * order, and nothing may be seen that stands in neither. What came and went within a moment is no difference: one that
 * is real is there in every look.
 */
async function alike(
  ask: (from: Vantage) => Promise<string[]>,
  inside: Vantage,
  outside: Vantage,
  what: string,
  askOutside: (from: Vantage) => Promise<string[]> = ask,
): Promise<void> {
  let still: ReadonlySet<string> | undefined;
  for (let left = LOOKS; left > 0; left--) {
    const before = await askOutside(outside);
    const seen = await ask(inside);
    const after = await askOutside(outside);
    const lasting = before.filter((line) => after.includes(line));
    const everThere = new Set([...before, ...after]);
    const differing = [
      ...lasting.filter((line) => !seen.includes(line)),
      ...seen.filter((line) => !everThere.has(line)),
    ];
    const always = new Set(differing.filter((line) => still?.has(line) ?? true));
    still = always;
    if (always.size > 0 && left > 1) continue;
    expect(
      seen.filter((line) => lasting.includes(line) || always.has(line)),
      what,
    ).toEqual(lasting.filter((line) => seen.includes(line) || always.has(line)));
    return;
  }
}

/** What every `ip` program tells of a link, as one line. */
function essence({ index, name, mac, mtu, addresses: all }: IpLink): string {
  const each = all.map(({ address, prefix, broadcast, scope }) => `${address}/${prefix} ${broadcast ?? "-"} ${scope}`);
  return [`${index} ${name} ${mac} mtu ${mtu}`, ...each].join(", ");
}
