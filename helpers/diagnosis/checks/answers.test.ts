import { expect, test } from "vitest";
import type { FrontProgram } from "../../snapshot/front-programs.ts";
import { after, containerOf, told } from "./testing/broken.ts";
import type { Breakable } from "./testing/healthy.ts";

test("a docker command that is not Docker's own program", () => {
  const differing = (command: { file?: string; script?: string | null }): string =>
    told(
      after((snapshot) => {
        snapshot.dockerCommand = { path: "/usr/local/bin/docker", file: "/usr/bin/docker", script: null, ...command };
      }),
    );
  expect(differing({})).toBe("");
  expect(differing({ script: "#!/bin/sh" })).toMatch(/\/usr\/local\/bin\/docker, is a script \(#!\/bin\/sh\)/);
  expect(differing({ file: "/usr/bin/podman" })).toMatch(/leads to \/usr\/bin\/podman/);
});

test("a program in front of one of the host's own", () => {
  const differing = (program: Partial<FrontProgram>): string =>
    told(
      after((_snapshot, host) => {
        const plain = { name: "ip", path: "/usr/local/sbin/ip", setuid: false, script: null, behind: null };
        host.frontPrograms = [{ ...plain, ...program }];
      }),
    );
  expect(differing({ script: "exit 0" })).toBe("");
  expect(differing({ script: "exit 0", behind: "/usr/sbin/ip" })).toMatch(
    /`ip` .* not \/usr\/sbin\/ip but a script in front of it, \/usr\/local\/sbin\/ip: .*\(exit 0\)/,
  );
  expect(differing({ setuid: true })).toMatch(/\/usr\/local\/sbin\/ip is setuid root/);
});

test("an address at the top of a container's settings is the default bridge's, and nobody else's", () => {
  const top = (name: string, address: string) =>
    told(
      after((snapshot) => Object.assign(containerOf(snapshot, name).inspected.NetworkSettings, { IPAddress: address })),
    );
  expect(top("def", "172.17.0.99")).toMatch(/IPAddress "172\.17\.0\.99" at the top and "172\.17\..* under Networks/);
  expect(top("web", "172.17.0.99")).toMatch(/dnc-rfake000-site-web .* at the top.* the container is not on it/);
  expect(top("web", "")).toBe("");
});

test("where list and inspect differ the answer is blamed, and not the host that fits the other one", () => {
  const told = after((snapshot) => {
    const { inspected } = containerOf(snapshot, "web");
    for (const bindings of Object.values(inspected.NetworkSettings.Ports))
      for (const binding of bindings ?? []) binding.HostPort = String(Number(binding.HostPort) + 3);
  });
  expect(told.map(({ kind }) => kind)).toContain("engine");
  expect(told.filter(({ kind }) => kind !== "engine")).toEqual([]);
  expect(told.map(({ reason }) => reason.what).join("\n")).toMatch(
    /contradicts itself about the published ports of dnc-rfake000-site-web.*The host bears out the list/,
  );
});

test("a list that lacks a network, has a strange one or gives another driver is named", () => {
  const networks = (change: (lists: Breakable["lists"]) => void): string => told(after(({ lists }) => change(lists)));
  expect(
    networks((lists) => {
      lists.networks = lists.networks.filter(({ Name }) => Name !== "bridge");
    }),
  ).toMatch(/list of networks .* lacks bridge, which the engine knows/);
  expect(
    networks((lists) => {
      const [first] = lists.networks;
      if (first !== undefined)
        lists.networks.push({ ...first, Id: "f".repeat(64), Name: "strange", Driver: "container" });
      lists.unknown = ["f".repeat(64)];
    }),
  ).toMatch(/list of networks has strange .* knows no such network/);
  expect(
    networks((lists) => {
      for (const network of lists.networks) network.Scope = "swarm";
    }),
  ).toMatch(/contradicts itself about Scope of networks.*"swarm" in the list, "local" by inspect/);
});

test("answers that can't be true by themselves", () => {
  const answer = (change: (inspected: ReturnType<typeof containerOf>["inspected"]) => void): string =>
    told(after((snapshot) => change(containerOf(snapshot, "web").inspected)));
  expect(
    answer((inspected) => {
      inspected.HostConfig.PidMode = "host";
    }),
  ).toMatch(/says HostConfig\.PidMode host; its main process is in the pid namespace/);
  expect(
    answer((inspected) => {
      inspected.HostsPath = `/var/lib/docker/containers/${"0".repeat(64)}/hosts`;
    }),
  ).toMatch(/as its HostsPath: that is a file of container 000000000000/);
  expect(
    answer((inspected) => {
      inspected.NetworkSettings.SandboxKey = "/proc/1/ns/net";
    }),
  ).toMatch(/names \/proc\/1\/ns\/net as the file of its network namespace/);
  expect(
    told(
      after(({ lists }) => {
        lists.refusal = { asked: "dnc-rfake000-nothing", said: "request refused" };
      }),
    ),
  ).toMatch(/refusals don't say what they refuse/);
});
