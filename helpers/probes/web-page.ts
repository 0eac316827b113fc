/**
 * Shell line that serves a folder by HTTP on every address, in the background. BusyBox' server takes IPv4 and IPv6 by one
 * socket of `[::]`, unless the kernel keeps the families apart (`net.ipv6.bindv6only`): then each gets a socket of its own.
 * It fails as the first that can't be bound does.
 */
export function servePages(port: number, folder: string): string {
  const serve = (at: string): string => `httpd -p ${at}${port} -h ${folder}`;
  const apart = `[ "$(cat /proc/sys/net/ipv6/bindv6only 2>/dev/null)" = 1 ]`;
  return `if ${apart}; then ${serve("0.0.0.0:")} && ${serve("[::]:")}; else ${serve("")}; fi`;
}
