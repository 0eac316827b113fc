import type { OnContainer } from "../../fault.ts";

export function eachContainer(shell: readonly string[], of?: OnContainer["of"]): OnContainer {
  return { when: "a container is up", shell, ...(of === undefined ? {} : { of }) };
}

/** An address for documentation (RFC 5737): what whoever lies answers. */
export const LIE = "203.0.113.7";

export const gone = (): unknown => undefined;
