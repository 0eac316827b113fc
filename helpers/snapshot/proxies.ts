import type { ProxyProcess } from "./living.ts";

/**
 * Reads command lines of docker-proxy, one a line: `/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 80 …`.
 * @param halted those of them that are stopped
 */
export function readProxies(text: string, halted = ""): ProxyProcess[] {
  const stopped = new Set(halted.split("\n").map((line) => line.trim()));
  return text.split("\n").flatMap((line) => {
    const value = (flag: string): string => new RegExp(`(?:^| )-${flag} (\\S+)`).exec(line)?.[1] ?? "";
    if (value("host-port") === "") return [];
    return [
      {
        protocol: value("proto"),
        hostIp: value("host-ip"),
        hostPort: Number(value("host-port")),
        containerIp: value("container-ip"),
        containerPort: Number(value("container-port")),
        halted: stopped.has(line.trim()),
      },
    ];
  });
}
