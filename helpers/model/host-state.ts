/** What of a host is recorded line by line, so that two runs can be compared by it. */
export const HOST_ASPECTS = ["links", "addresses", "routes", "firewall rules", "sysctls"] as const;
export type HostAspect = (typeof HOST_ASPECTS)[number];

/** A host as it was before a run had anything of its own there: for each aspect a line for each thing. */
export type HostState = Readonly<Record<HostAspect, readonly string[]>>;
