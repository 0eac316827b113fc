/** Quotes a piece of shell so that another shell takes it for one word. */
export function quoted(command: string): string {
  return `'${command.replaceAll("'", "'\\''")}'`;
}
