/**
 * A macvlan network on an interface of this host, and three containers on it.
 */
import "./one-host/network.ts";
import "./one-host/addresses.ts";
import "./one-host/links.ts";
import "./one-host/reachability.ts";
import "./one-host/ipv6.ts";
