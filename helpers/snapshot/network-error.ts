/** What engines say when a container could not be given its network. */
const OF_THE_NETWORK =
  /\bnetwork\b|endpoint|port is already allocated|address already in use|driver failed programming|iptables|nftables|\bveth|\bbridge\b|gateway|no available IPv[46]|sandbox|docker-proxy|userland proxy|network namespace|joining|cannot assign requested address/i;

/** What quotes a container's own command, mounts, devices or its log's server: a path or a program may have any word in its name. */
const OF_SOMETHING_ELSE =
  /OCI runtime|\b[a-z]*run[cn]?:|\bruns[cv]\b|\brunc\b|shim task|\bexec\b|executable file|\bmount|\bvolume\b|bind source path|custom device|device information|log(?:ging)? driver|log opt/i;

/** Of these, what is about the network all the same: the namespace that a container joins is gone. */
const ALL_THE_SAME = /\/proc\/\d+\/ns\/net\b|\/docker\/netns\/|network namespace|non.running container/i;

/**
 * An engine's words about why a container does not run, where its network is why; else nothing, for they may quote its
 * command line or its mounts.
 * @param networkMode `container:ID` for one that joins another, which older engines name without a word of the network
 */
export function networkError(error: string, networkMode: string): string {
  const joins = networkMode.startsWith("container:") && error.includes(networkMode.slice("container:".length));
  const is = OF_SOMETHING_ELSE.test(error) ? ALL_THE_SAME.test(error) : joins || OF_THE_NETWORK.test(error);
  return is ? error : "";
}
