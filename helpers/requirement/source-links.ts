/** How sections of the Engine's own sources are written, and where they are. */
const LINKS: readonly { readonly written: RegExp; readonly at: (match: readonly string[]) => string }[] = [
  { written: /^moby#(\d+)/, at: ([, number = ""]) => `https://github.com/moby/moby/issues/${number}` },
  { written: /^docker\/cli#(\d+)/, at: ([, number = ""]) => `https://github.com/docker/cli/issues/${number}` },
  { written: /^RFC (\d+)/, at: ([, number = ""]) => `https://www.rfc-editor.org/rfc/rfc${number}` },
  { written: /^(?:dockerd:|daemon option) /, at: () => "https://docs.docker.com/reference/cli/dockerd/" },
  {
    written: /^docs: Packet filtering and firewalls/,
    at: () => "https://docs.docker.com/engine/network/packet-filtering-firewalls/",
  },
  {
    written: /^docs: Port publishing and mapping/,
    at: () => "https://docs.docker.com/engine/network/port-publishing/",
  },
  { written: /^docs: Use IPv6 networking/, at: () => "https://docs.docker.com/engine/daemon/ipv6/" },
  { written: /^docs: networking, DNS services/, at: () => "https://docs.docker.com/engine/network/" },
  {
    written: /^release notes (\d+)\./,
    at: ([, major = ""]) => `https://docs.docker.com/engine/release-notes/${major}/`,
  },
];

/** Where a fact of the Engine's own can be read; null where no address of it is known. */
export function linkOf(section: string): string | null {
  for (const { written, at } of LINKS) {
    const match = written.exec(section);
    if (match !== null) return at(match);
  }
  return null;
}
