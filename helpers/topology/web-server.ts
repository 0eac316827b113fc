/** What the nginx of a topology says about a request: who answered, where it was asked, and whom it saw asking. */
export interface WebAnswer {
  readonly server: string;
  readonly localAddress: string;
  readonly localPort: number;
  readonly peerAddress: string;
  readonly peerPort: number;
}

/**
 * Shell lines that start nginx as a daemon before the resident shell takes over. `nginx` in daemon mode returns once
 * its sockets are bound, so the container is ready when its shell is.
 * @param name what the server calls itself in its answers
 * @param ports TCP ports to answer on
 * @param udpPorts UDP ports; each datagram is answered with a TFTP DATA packet, which BusyBox `tftp` shows (it is the
 *   one UDP client that every BusyBox build has)
 */
export function webServerPrelude(name: string, ports: readonly number[], udpPorts: readonly number[]): string[] {
  const line = `dnc $server_addr $server_port $remote_addr $remote_port ${name}`;
  const http = ports.map(
    (port) =>
      `server { listen ${port}; listen [::]:${port} ipv6only=on; location / { default_type text/plain; return 200 "${line}\\n"; } }`,
  );
  const httpNoIpv6 = ports.map(
    (port) => `server { listen ${port}; location / { default_type text/plain; return 200 "${line}\\n"; } }`,
  );
  const head =
    "include /etc/nginx/modules-enabled/*.conf; user root root; master_process off; pid /tmp/nginx.pid; error_log stderr warn; events { worker_connections 64; }";
  const block = (servers: readonly string[]): string => `http { access_log off; ${servers.join(" ")} }`;
  const stream = (both: boolean): string =>
    udpPorts.length === 0
      ? ""
      : `stream { ${udpPorts.map((port) => `server { listen ${port} udp;${both ? ` listen [::]:${port} udp ipv6only=on;` : ""} return "\\000\\003\\000\\001${line}\\n"; }`).join(" ")} }`;
  // Where the kernel has no IPv6, `listen [::]` fails: then without.
  return [
    `if [ -e /proc/net/if_inet6 ]; then printf '${forPrintf(`${head} ${block(http)} ${stream(true)}`)}' >/tmp/nginx.conf; else printf '${forPrintf(`${head} ${block(httpNoIpv6)} ${stream(false)}`)}' >/tmp/nginx.conf; fi`,
    "nginx -c /tmp/nginx.conf",
  ];
}

/** Inside printf's format: `%` doubled and the literal `\\n` of nginx kept, octal escapes of the datagram left to printf. */
function forPrintf(config: string): string {
  return config.replaceAll("%", "%%").replaceAll("\\n", "\\\\n");
}

/** Reads an answer of {@link webServerPrelude}'s server; null when the text is not one. */
export function parseWebAnswer(text: string): WebAnswer | null {
  const match = /dnc (\S+) (\d+) (\S+) (\d+) (\S+)/.exec(text);
  if (match === null) return null;
  const [, localAddress = "", localPort, peerAddress = "", peerPort, server = ""] = match;
  return { server, localAddress, localPort: Number(localPort), peerAddress, peerPort: Number(peerPort) };
}
