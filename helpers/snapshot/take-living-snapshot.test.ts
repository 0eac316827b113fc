import { createServer } from "node:http";
import { join } from "node:path";
import Dockerode from "dockerode";
import { expect, test } from "vitest";
import { LABEL } from "../engine/run-identity.ts";
import { scratch } from "../engine/testing/scratch.ts";
import { factsOf } from "../model/captured/facts.ts";
import { takeLivingSnapshot } from "./take-living-snapshot.ts";

const SECRET = "correct horse battery staple";

/** A container's inspect as engines give it, with something in it that is nobody's business. */
function inspected(id: string) {
  return {
    Id: id,
    Name: `/${id}`,
    ResolvConfPath: `/var/lib/docker/containers/${id}/resolv.conf`,
    HostsPath: `/var/lib/docker/containers/${id}/hosts`,
    Args: [SECRET],
    Path: SECRET,
    Mounts: [{ Source: SECRET }],
    State: {
      Status: "running",
      Running: true,
      Pid: 77,
      Error: `error mounting "/srv/network/${SECRET}" to rootfs`,
      StartedAt: "2026-11-27T00:00:00Z",
    },
    Config: {
      Env: [`PASSWORD=${SECRET}`],
      Cmd: [SECRET],
      Labels: { "com.docker.compose.project": "shop", "com.example.token": SECRET },
    },
    HostConfig: {
      NetworkMode: "default",
      Binds: [SECRET],
      PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "8080" }] },
      RestartPolicy: { Name: "always" },
    },
    NetworkSettings: {
      SandboxKey: "",
      Ports: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }], "81/tcp": null },
      Networks: {
        bridge: {
          NetworkID: "n".repeat(64),
          EndpointID: "",
          Gateway: "172.17.0.1",
          IPAddress: "172.17.0.2",
          IPPrefixLen: 16,
          IPv6Gateway: "",
          GlobalIPv6Address: "",
          GlobalIPv6PrefixLen: 0,
          MacAddress: "02:42:AC:11:00:02",
        },
      },
    },
  };
}

/** An engine that has what it is given; a container named `gone` is listed and no longer there. */
async function engineWith(
  containers: readonly { readonly Id: string; readonly Labels: Readonly<Record<string, string>> }[],
) {
  const answers: Readonly<Record<string, unknown>> = {
    "/info": { SystemTime: "2026-01-02T03:04:05.5Z" },
    "/containers/json?all=true": containers,
    "/networks": [
      { Name: "bridge", Id: "n".repeat(64), Driver: "bridge", Options: {}, IPAM: { Config: [] }, Labels: {} },
      {
        Name: "dnc-x",
        Id: "o".repeat(64),
        Driver: "bridge",
        Options: {},
        IPAM: { Config: [{ Subnet: "10.1.0.0/24" }] },
        Labels: { [LABEL.project]: "true" },
      },
    ],
  };
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const id = /^\/containers\/(\w+)\/json$/.exec(path)?.[1];
    const answer = id === undefined ? answers[path] : id === "gone" ? undefined : inspected(id);
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? { message: "no such thing" }));
  });
  const socketPath = join(await scratch(), "engine.sock");
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return { docker: new Dockerode({ socketPath }), close: () => server.close() };
}

test("everybody's containers are taken but those of this project; what is gone meanwhile is left out", async () => {
  const { docker, close } = await engineWith([
    { Id: "web", Labels: {} },
    { Id: "gone", Labels: {} },
    { Id: "ours", Labels: { [LABEL.project]: "true" } },
  ]);
  const snapshot = await takeLivingSnapshot({ docker, facts: factsOf("28.5.2"), host: null });
  close();
  expect(snapshot.containers).toMatchObject([
    {
      name: "web",
      project: "shop",
      networkMode: "bridge",
      administersNetwork: false,
      ports: [{ protocol: "tcp", containerPort: 80, hostAddress: "0.0.0.0", hostPort: 8080 }],
      endpoints: [{ network: "bridge", address: "172.17.0.2", mac: "02:42:ac:11:00:02" }],
      inside: null,
    },
  ]);
  expect(snapshot.networks.map(({ Name }) => Name)).toEqual(["bridge"]);
  expect(snapshot.beside.subnets).toEqual(["10.1.0.0/24"]);
  expect(snapshot.host).toBeNull();
});

test("nothing is taken of a container that does not concern its network", async () => {
  const { docker, close } = await engineWith([{ Id: "web", Labels: {} }]);
  const snapshot = await takeLivingSnapshot({ docker, facts: factsOf("28.5.2"), host: null });
  close();
  expect(JSON.stringify(snapshot.containers)).not.toContain(SECRET);
});
