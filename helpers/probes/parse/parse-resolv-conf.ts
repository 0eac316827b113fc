export function parseResolvConf(text: string) {
  const of = (k: string) => text.split("\n").filter((l) => l.startsWith(`${k} `)).flatMap((l) => l.split(/\s+/).slice(1));
  return { nameservers: of("nameserver"), search: of("search"), options: of("options"), comments: [] as string[] };
}
