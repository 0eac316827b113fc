/** Quotes a piece of shell so that another shell takes it for one word. */
export function quoted(command: string): string {
  return `'${command.replaceAll("'", "'\\''")}'`;
}

/** A name in a command that people type: quoted where a shell would take it for more than a name, as an engine's networks may be called. */
export function word(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : quoted(name);
}

/** Names behind a command's options, one of which may begin as an option does. */
export function words(names: readonly string[]): string {
  return [...(names.some((name) => name.startsWith("-")) ? ["--"] : []), ...names.map(word)].join(" ");
}
