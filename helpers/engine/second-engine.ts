/** Names a second Docker host on the same network as the one under test, in `DOCKER_HOST`'s way of writing. */
export const SECOND_HOST_VARIABLE = "DNC_SECOND_HOST";
/** Says that the host under test is a lab's: it may be changed. Set by the lab, never by hand. */
export const DISPOSABLE_VARIABLE = "DNC_DISPOSABLE_HOST";

/** Says that a network of the run may be made although dockerd then turns forwarding on: `npm test -- --allow-forwarding`. */
export const ALLOW_FORWARDING_VARIABLE = "DNC_ALLOW_FORWARDING";

/** `DOCKER_HOST` of the engine that the lab's hosts are containers of. Set by the lab, never by hand. */
export const LAB_HOST_VARIABLE = "DNC_LAB_DOCKER_HOST";
/** The lab's engine version that is judged. Set by the lab, never by hand. */
export const LAB_VERSION_VARIABLE = "DNC_LAB_VERSION";

/** What suites are told that may start hosts of a lab. @param outer `DOCKER_HOST` of the lab's own engine */
export function labVariables(outer: string, version: string): Readonly<Record<string, string>> {
  return { [LAB_HOST_VARIABLE]: outer, [LAB_VERSION_VARIABLE]: version };
}

/** An environment that leads to this engine and nowhere else; what names an interface of another host goes as well. */
export function environmentOf(dockerHost: string, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const { DOCKER_CONTEXT, DOCKER_TLS, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH, DNC_MACVLAN_PARENT, ...others } = env;
  return { ...others, DOCKER_HOST: dockerHost };
}
