/** What the nginx of a topology says about a request: who answered, where it was asked, and whom it saw asking. */
export interface WebAnswer {
  readonly server: string;
  readonly localAddress: string;
  readonly localPort: number;
  readonly peerAddress: string;
  readonly peerPort: number;
}

/** How a configuration of nginx begins that runs as one process. @param name of its file for the process id in /tmp */
function nginxHead(name: string): string {
  return `include /etc/nginx/modules-enabled/*.conf; user root root; master_process off; pid /tmp/${name}.pid; error_log stderr warn; events { worker_connections 256; }`;
}

/**
 * Shell lines that start one more nginx, which answers every datagram with a TFTP DATA packet of so many bytes: see
 * `largeDatagram`. A word of nginx's configuration has at most 4000.
 */
export function largeDatagramService(port: number, bytes: number): string[] {
  const config = (ipv6: boolean): string =>
    `${nginxHead("large")} stream { server { listen ${port} udp;${ipv6 ? ` listen [::]:${port} udp ipv6only=on;` : ""} return "\\000\\003\\000\\001${"x".repeat(bytes)}"; } }`;
  return [
    `if [ -e /proc/net/if_inet6 ]; then printf '${config(true)}' >/tmp/large.conf; else printf '${config(false)}' >/tmp/large.conf; fi`,
    "nginx -c /tmp/large.conf",
  ];
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
  const head = nginxHead("nginx");
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

/** The pieces of an answer that says what is given, in their order. */
export function webAnswerPieces({
  localAddress,
  localPort,
  peerAddress,
  peerPort,
  server,
}: Partial<WebAnswer>): string[] {
  const words = ["dnc", localAddress, localPort, peerAddress, peerPort, server].map((word) => word?.toString() ?? "\n");
  return words
    .join(" ")
    .split("\n")
    .filter((piece) => piece.trim() !== "");
}
