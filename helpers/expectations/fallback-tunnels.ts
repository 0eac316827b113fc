/**
 * Interfaces that the kernel itself puts into every new network namespace once the module of a tunnel is loaded, unless
 * net.core.fb_tunnels_only_for_init_net says otherwise (Documentation/admin-guide/sysctl/net.rst). Not Docker's doing.
 */
const FALLBACK_TUNNELS = new Set("tunl0 gre0 gretap0 erspan0 ip_vti0 sit0 ip6tnl0 ip6gre0 ip6_vti0".split(" "));

/** True for the name of an interface that a new network namespace may have from the kernel, beside lo. */
export function isFallbackTunnel(name: string): boolean {
  return FALLBACK_TUNNELS.has(name);
}
