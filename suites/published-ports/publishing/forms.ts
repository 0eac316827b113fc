import { expect } from "vitest";
import { masqueradedTwice } from "../../../helpers/expectations/known-defects.ts";
import { servedElsewhere } from "../../../helpers/expectations/port-service.ts";
import { listenersOn } from "../../../helpers/probes/sockets.ts";
import { cite, D0, D1, requirement } from "../../../helpers/requirement/index.ts";
import { askedFor, mustPublish, onPublished, publishedBy, several } from "./site.ts";

const SEVERAL = cite("api#PortMap", 'HostPort: "80" - HostIp: "0.0.0.0" HostPort: "8080"');

onPublished(
  "PORT-06",
  {
    must: "`-p IP::CPORT` MUST publish on a free port, which the Engine chooses, of that host address and of no other",
    from: [
      cite(
        "docs/links#connect-using-network-port-mapping",
        "to bind port 5000 of the container to a dynamic port but only on the localhost",
      ),
      D0("3.4.2.2"),
      D1("暴露随机端口"),
    ],
  },
  async ({ fixed }, session) => {
    await mustPublish(fixed, ({ hostIp, hostPort }) => hostIp === "127.0.0.1" && hostPort === null, session);
  },
);

onPublished(
  "PORT-07",
  {
    must: "`-p IP:HPORT:CPORT` MUST publish on exactly that host address and host port",
    from: [
      cite(
        "docs/port-publishing#publishing-ports",
        "Map port 8080 on the Docker host IP 192.168.1.100 to TCP port 80 in the container.",
      ),
      D0("3.4.2.2"),
      D1("暴露指定端口"),
      D1("5.4"),
    ],
  },
  async ({ fixed }, session) => {
    await mustPublish(fixed, ({ hostIp, hostPort }) => hostIp === "127.0.0.1" && hostPort !== null, session);
  },
);

onPublished(
  "PORT-08",
  {
    must: "`-p HPORT:CPORT` on the default bridge MUST publish that host port on every address of the host, or on the one that the daemon's `ip` names",
    from: [
      cite(
        "docs/bridge#default-host-binding-address",
        "the default is to make the container's port 80 available on all host addresses, IPv4 and IPv6",
      ),
      D0("3.4.2.2"),
      D1("暴露指定端口"),
      D1("5.4"),
    ],
    unless: servedElsewhere,
  },
  async ({ fixed }, session) => {
    await mustPublish(fixed, ({ hostIp, hostPort }) => hostIp === "" && hostPort !== null, session);
  },
);

onPublished(
  "PORT-09",
  {
    must: "`-p 0.0.0.0:HPORT:CPORT` MUST publish that host port on every IPv4 address of the host and on no IPv6 one",
    from: [
      cite(
        "docs/bridge#default-host-binding-address",
        "To restrict a published port to IPv4 only, the address must be included in the container's publishing options. For example, -p 0.0.0.0:8080:80.",
      ),
      D1("桥接模式下暴露端口"),
    ],
    unless: servedElsewhere,
  },
  async ({ fixed }, session) => {
    await mustPublish(fixed, ({ hostIp }) => hostIp === "0.0.0.0", session);
    const port = askedFor(fixed, "82/tcp").find(({ hostIp }) => hostIp === "0.0.0.0")?.hostPort ?? 0;
    const ipv6 = (await listenersOn(await session.host(), port)).filter(({ local }) => local.address.includes(":"));
    expect(
      ipv6.map(({ local }) => local.address),
      `IPv6 listeners on host port ${port}`,
    ).toEqual([]);
  },
);

requirement(
  "PORT-11",
  {
    must: "Several `-p` MUST map several host ports to one container port",
    from: [SEVERAL, D0("3.4.2.2")],
    needs: ["default bridge"],
    because: masqueradedTwice,
  },
  several,
  ({ web }, session) => {
    const ports = publishedBy(web, session).map(({ on }) => on.ipv4);
    expect(new Set(ports).size, "different host ports for one container port").toBe(3);
  },
);

requirement(
  "PORT-12",
  {
    must: "Each of several host ports mapped to one container port MUST deliver to the container's service",
    from: [SEVERAL, D0("3.4.2.2")],
    needs: ["default bridge", "host view"],
    unless: servedElsewhere,
    because: masqueradedTwice,
  },
  several,
  async ({ web }, session) => {
    await mustPublish(web, () => true, session);
  },
);
