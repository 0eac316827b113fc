import { expect } from "vitest";
import { isBlank } from "../../../helpers/expectations/inspect.ts";
import { namespaces } from "../../../helpers/probes/namespaces.ts";
import { cite, D1, D3, requirement } from "../../../helpers/requirement/index.ts";
import { inspectNetwork } from "../../../helpers/topology/network-record.ts";
import { inspected, onInspected } from "./site.ts";

onInspected(
  "INSPECT-32",
  {
    must: 'A container in host mode MUST have "host" as the only key of `Networks` in `container inspect`, and the host\'s network namespace',
    from: [D1("host模式")],
    needs: ["host view"],
  },
  async ({ hosted, ofHosted }, { facts }) => {
    const { net } = await namespaces(hosted);
    expect(Object.keys(ofHosted.NetworkSettings.Networks), "networks of a container in host mode").toEqual(["host"]);
    expect(net, "its network namespace, against dockerd's").toBe(facts.host?.namespaces.net);
  },
);

onInspected(
  "INSPECT-33",
  {
    must: "A container in host mode MUST have the id of the network `host` as its `NetworkID` in `container inspect`",
    from: [D1("host模式")],
  },
  async ({ hosted }, { docker }) => {
    const { Id } = await inspectNetwork(docker, "host");
    expect(hosted.settingsOn("host").NetworkID, "NetworkID, against the id of the network host").toBe(Id);
  },
);

onInspected(
  "INSPECT-34",
  {
    must: "A container in host mode MUST have an endpoint id in `container inspect`, under which the network `host` lists it",
    from: [D1("host模式")],
  },
  async ({ hosted }, { docker }) => {
    const { EndpointID } = hosted.settingsOn("host");
    const { Containers } = await inspectNetwork(docker, "host");
    expect(EndpointID, "EndpointID of a container in host mode").toMatch(/^[0-9a-f]{64}$/);
    expect(Containers?.[hosted.id]?.EndpointID, "endpoint id in inspect of the network host").toBe(EndpointID);
  },
);

/** Fields that describe what the engine gives a container; in host mode it gives none, the addresses are the host's. */
const NOT_GIVEN = [
  ["INSPECT-35", "Gateway", ""],
  ["INSPECT-36", "IPAddress", ""],
  ["INSPECT-37", "IPPrefixLen", 0],
  ["INSPECT-38", "IPv6Gateway", ""],
  ["INSPECT-39", "GlobalIPv6Address", ""],
  ["INSPECT-40", "GlobalIPv6PrefixLen", 0],
  ["INSPECT-41", "MacAddress", ""],
] as const;

const NO_ADDRESS_OF_ITS_OWN = cite("docs/host", "the container doesn't get its own IP-address allocated");

for (const [id, field, nothing] of NOT_GIVEN) {
  requirement(
    id,
    {
      must: `A container in host mode MUST have ${nothing === 0 ? "0" : "an empty text"} as \`${field}\` in \`container inspect\`: what it has is the host's, the engine gave it none`,
      from: [...(field === "IPAddress" ? [NO_ADDRESS_OF_ITS_OWN] : []), D1("host模式")],
    },
    inspected,
    ({ hosted }) => {
      expect(hosted.settingsOn("host")[field], `${field} of a container in host mode`).toBe(nothing);
    },
  );
}

/** Fields that repeat what was asked for on this network; nothing was. */
const NOT_ASKED = [
  ["INSPECT-42", "IPAMConfig"],
  ["INSPECT-43", "Links"],
  ["INSPECT-44", "Aliases"],
  ["INSPECT-45", "DriverOpts"],
] as const;

for (const [id, field] of NOT_ASKED) {
  requirement(
    id,
    {
      must: `A container in host mode MUST have nothing as \`${field}\` in \`container inspect\` (null, empty or absent) when nothing was asked for`,
      from: [D1("host模式")],
    },
    inspected,
    ({ hosted }) => {
      const value = hosted.settingsOn("host")[field];
      expect(isBlank(value) ? "nothing" : value, `${field} of a container in host mode`).toBe("nothing");
    },
  );
}

onInspected(
  "INSPECT-46",
  {
    must: 'A container in host mode MUST have "host" as `HostConfig.NetworkMode` in `container inspect`',
    from: [
      cite("api#HostConfig.NetworkMode", "Supported standard values are: bridge, host, none, and container:<name|id>."),
      D3("二.2"),
    ],
  },
  ({ ofHosted }) => {
    expect(ofHosted.HostConfig.NetworkMode, "network mode of a container in host mode").toBe("host");
  },
);

onInspected(
  "INSPECT-47",
  {
    must: "A container in host mode MUST have no `HostConfig.PortBindings` in `container inspect` when no port was published",
    from: [D3("二.2")],
  },
  ({ ofHosted }) => {
    const { PortBindings } = ofHosted.HostConfig;
    expect(isBlank(PortBindings) ? "none" : PortBindings, "port bindings of a container in host mode").toBe("none");
  },
);

onInspected(
  "INSPECT-48",
  {
    must: "A container MUST have `HostConfig.PublishAllPorts` false in `container inspect` without `-P`, and no host port for what its image exposes",
    from: [D3("二.2")],
  },
  ({ ofHosted, ofMember }) => {
    expect(
      [ofHosted.HostConfig.PublishAllPorts, ofMember.HostConfig.PublishAllPorts],
      "PublishAllPorts of a container in host mode and of one on a bridge",
    ).toEqual([false, false]);
    expect(ofMember.NetworkSettings.Ports, "ports of a container that exposes 80/tcp").toEqual({ "80/tcp": null });
  },
);
