import type { Facts } from "../model/facts.ts";
import { has } from "../model/version-switches.ts";

type NamespaceFacts = Pick<Facts, "configuration" | "engine">;

/** `HostConfig.IpcMode` of a container created without one: `default-ipc-mode` of the daemon, else private since 20.10. */
export function defaultIpcMode(facts: NamespaceFacts): string {
  return facts.configuration["default-ipc-mode"] ?? (has(facts, "private-ipc") ? "private" : "shareable");
}

/** Whether containers are in dockerd's user namespace, a rootless one's own included: so unless the engine remaps users. */
export function sharesUserNamespace(facts: NamespaceFacts): boolean {
  return !facts.engine.usernsRemap;
}

/** Why containers in host mode don't see the engine's networks; null where they do. */
export function networksApart({ engine }: Pick<Facts, "engine">): string | null {
  return engine.networksDetached
    ? "the engine is rootless, and its networks lie in another network namespace than the host's (RootlessKit's --detach-netns)"
    : null;
}
