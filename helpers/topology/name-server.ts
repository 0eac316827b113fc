import type { Attachment, ContainerSpec } from "./spec.ts";

/**
 * Hands every DNS datagram that arrives to the engine's resolver of its own container, and the answer back. TCP is not
 * served: the answers here are short.
 */
const FORWARDER = [
  "include /etc/nginx/modules-enabled/*.conf; user root root; master_process off; pid /tmp/nginx.pid; error_log stderr warn;",
  "events { worker_connections 64; }",
  "stream { server { listen 53 udp; proxy_pass 127.0.0.11:53; proxy_responses 1; proxy_timeout 10s; } }",
].join(" ");

/**
 * A DNS server with known answers, for requirements about resolvers outside the asking container: it knows the container
 * names and aliases of its user-defined networks, and an alias may be a whole domain name (`shop.conformance.test`).
 * Every other name it asks its own upstream for. No image with a DNS server is needed.
 * @param spec as of any container; its first network must be a user-defined one, else it has no resolver to hand to
 */
export function nameServer<const N extends string = never>(
  spec: Omit<ContainerSpec<N>, "image" | "webServer" | "prelude"> & {
    readonly on: Attachment<N> | readonly Attachment<N>[];
  },
): ContainerSpec<N> {
  const prelude = [`echo '${FORWARDER}' >/tmp/nginx.conf`, "nginx -c /tmp/nginx.conf"];
  return { image: "nginx", webServer: false, prelude, ...spec };
}
