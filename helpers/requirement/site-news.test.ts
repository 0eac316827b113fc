import { expect, test } from "vitest";
import type { Inspected } from "../model/engine-answers.ts";
import { rememberMadeContainer, rememberMadeNetwork } from "../topology/made.ts";
import { siteNews } from "./site-news.ts";

/** As Engine 28.5 answered, of what is read of it. */
function make(name: string, mode: string, settings: object, dns?: string[]): void {
  const inspected = { HostConfig: { NetworkMode: mode }, NetworkSettings: { Networks: {}, Ports: {}, ...settings } };
  rememberMadeContainer({
    ...{ key: name, name, id: `id-of-${name}`, image: "busybox", restartable: false, prelude: [], connected: [] },
    asked: { networkMode: mode, hostname: null, create: {}, host: dns === undefined ? {} : { Dns: dns } },
    inspected: () => inspected as unknown as Inspected,
  });
}

test("each thing is told once, with its addresses, ports and name servers", () => {
  expect(siteNews()).toBeNull();
  rememberMadeNetwork({
    ...{ key: "net", name: "net", id: "1", subnet: "172.18.0.0/16" },
    asked: {
      Name: "net",
      Internal: true,
      IPAM: { Config: [{ Subnet: "172.18.0.0/16" }, { Subnet: "fd00:1::/64" }] },
    },
  });
  const settings = {
    Networks: { net: { IPAddress: "172.18.0.2", GlobalIPv6Address: "" } },
    Ports: {
      "80/tcp": [
        { HostIp: "0.0.0.0", HostPort: "32768" },
        { HostIp: "::", HostPort: "32768" },
      ],
      "53/udp": null,
    },
  };
  make("web", "net", settings, ["192.0.2.1"]);
  expect(siteNews()).toEqual({
    networks: [
      { name: "net", driver: "bridge", device: "", subnets: ["172.18.0.0/16", "fd00:1::/64"], internal: true },
    ],
    containers: [
      {
        name: "web",
        mode: null,
        networks: [{ name: "net", addresses: ["172.18.0.2"] }],
        ports: ["0.0.0.0", "::"].map((hostAddress) => ({
          ...{ protocol: "tcp", hostAddress, hostPort: 32768, containerPort: 80 },
        })),
        nameServers: ["192.0.2.1"],
      },
    ],
  });
  expect(siteNews()).toBeNull();
});

test("a container without networks of its own has its mode, that of a joined one by name", () => {
  make("onhost", "host", {});
  make("joined", "container:id-of-web", {});
  make("stranger", "container:somebody", {});
  expect(siteNews()?.containers.map(({ mode, networks }) => [mode, networks])).toEqual([
    ["host", []],
    ["container:web", []],
    ["container:somebody", []],
  ]);
});
