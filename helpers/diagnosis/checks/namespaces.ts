import type { Does } from "../../audits/bearings.ts";
import type { Deviation } from "../../audits/deviation.ts";
import type { ContainerState, Snapshot } from "../../snapshot/snapshot.ts";
import { finding } from "../finding.ts";

/** Namespaces that are the same where they should differ, or differ where they should be shared. */
export function checkNamespaces(snapshot: Snapshot): Deviation[] {
  const { host, containers } = snapshot;
  return containers.flatMap((container) => {
    const { inside, name, inspected } = container;
    if (inside === null) return [];
    const found: Deviation[] = [];
    const say = (effect: Does, concerns: readonly string[], topics: readonly string[], what: string): void => {
      found.push(finding("namespaces", effect, concerns, ["namespace", ...topics], what));
    };
    const mode = inspected.HostConfig.NetworkMode ?? "";
    const net = inside.namespaces.net;
    if (mode.startsWith("container:")) {
      // Whether it shares that one's is a claim about everybody's containers.
    } else if (mode === "host") {
      if (host !== null && host.namespaces.net !== net)
        say(
          "differs",
          [name],
          ["host"],
          `${name} is in host mode, but its network namespace ${net} is not the host's ${host.namespaces.net}.`,
        );
    } else {
      if (host !== null && host.namespaces.net === net)
        say("opens", [name], ["host"], `${name} is in the host's network namespace, though its mode is ${mode}.`);
      for (const other of containers) {
        if (
          other.id <= container.id ||
          other.inside?.namespaces.net !== net ||
          /^(host|container:)/.test(other.inspected.HostConfig.NetworkMode ?? "")
        )
          continue;
        say(
          "opens",
          [name, other.name],
          ["shared"],
          `${name} and ${other.name} are in one network namespace (${net}), though neither joined the other.`,
        );
      }
    }
    if (host === null) return found;
    for (const [kind, asked] of [
      ["mnt", ""],
      ["pid", inspected.HostConfig.PidMode ?? ""],
      ["uts", inspected.HostConfig.UTSMode ?? ""],
      ["ipc", inspected.HostConfig.IpcMode ?? ""],
    ] as const) {
      if (asked === "host" || asked.startsWith("container:")) continue;
      if (
        host.namespaces[kind] !== undefined &&
        inside.namespaces[kind] === host.namespaces[kind] &&
        !(kind === "uts" && mode === "host" && asked === "host")
      )
        say("opens", [name], [kind], `${name} shares the host's ${kind} namespace, though it was not started so.`);
      for (const other of containers) {
        if (other.id <= container.id || other.inside === null) continue;
        if (
          other.inside.namespaces[kind] === inside.namespaces[kind] &&
          !modesOf(other).some((text) => text.startsWith("container:") || text === "host")
        )
          say(
            "opens",
            [name, other.name],
            [kind],
            `${name} and ${other.name} share one ${kind} namespace (${inside.namespaces[kind]}), though each should have its own.`,
          );
      }
    }
    return found;
  });
}

function modesOf({ inspected: { HostConfig } }: ContainerState): string[] {
  return [HostConfig.PidMode ?? "", HostConfig.UTSMode ?? "", HostConfig.IpcMode ?? ""];
}
