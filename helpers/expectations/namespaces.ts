import type { Facts } from "../engine/facts.ts";
import { has } from "./version-switches.ts";

type NamespaceFacts = Pick<Facts, "configuration" | "engine">;

/** `HostConfig.IpcMode` of a container created without one: `default-ipc-mode` of the daemon, else private since 20.10. */
export function defaultIpcMode(facts: NamespaceFacts): string {
  return facts.configuration["default-ipc-mode"] ?? (has(facts, "private-ipc") ? "private" : "shareable");
}

/** Whether containers are in the host's user namespace: so unless the engine remaps users or runs rootless. */
export function sharesHostUserNamespace(facts: NamespaceFacts): boolean {
  return !facts.engine.usernsRemap && !facts.engine.rootless;
}
