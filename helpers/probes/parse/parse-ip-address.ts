export interface IpLink { index: number; name: string; flags: string[]; master?: string; addresses: { family: 4 | 6; address: string; prefix: number; scope?: string }[] }
export function parseIpAddress(text: string): IpLink[] {
  const links: IpLink[] = [];
  for (const line of text.split("\n")) {
    const h = /^(\d+): ([^:@]+)(?:@\S+)?: <([^>]*)>(.*)/.exec(line);
    if (h) { const m = /master (\S+)/.exec(h[4] ?? ""); links.push({ index: Number(h[1]), name: h[2] ?? "", flags: (h[3] ?? "").split(","), ...(m ? { master: m[1] ?? "" } : {}), addresses: [] }); continue; }
    const a = /^\s+inet6? ([0-9a-f.:]+)\/(\d+).*scope (\S+)/.exec(line);
    if (a) links.at(-1)?.addresses.push({ family: line.includes("inet6") ? 6 : 4, address: a[1] ?? "", prefix: Number(a[2]), scope: a[3] ?? "" });
  }
  return links;
}
