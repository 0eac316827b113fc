/**
 * What is most likely broken when a requirement about a key of `daemon.json` fails on a disposable host: that host was
 * made for it alone, and nothing else on it differs. Null for a requirement that is about no key.
 * @param tags of the requirement: `mtu:effect`
 */
export function causeInLab(tags: readonly string[]): string | null {
  const about = tags.flatMap((tag) => {
    const [, key, aspect] = /^([a-z0-9-]+):(effect|scope|default|refusal|transition)$/.exec(tag) ?? [];
    return key === undefined || aspect === undefined ? [] : [{ key, aspect }];
  });
  const [first] = about;
  if (first === undefined) return null;
  const keys = [...new Set(about.map(({ key }) => `\`${key}\``))].join(", ");
  const file = keys === "`file`" ? "a daemon.json as it is here" : `${keys} in daemon.json`;
  switch (first.aspect) {
    case "refusal":
      return `dockerd starts with ${file} that its version refuses, or refuses it in other words: something starts it with another file (a unit file, a wrapper), or the version's behaviour has changed`;
    case "default":
      return `something sets ${keys} although daemon.json does not (a flag of dockerd's in a unit file or a wrapper), or the version's default has changed`;
    default:
      return `dockerd does not follow ${file}: it was started with another file or with flags of its own (a unit file, a wrapper), or the version's behaviour has changed`;
  }
}
