/** A parser met text that it can't understand; carries on never, guesses never. */
export class UnreadableOutput extends Error {
  override readonly name = "UnreadableOutput";
  /** What was being read: `ip addr`, `/proc/net/route`. */
  readonly parser: string;
  /** The offending line, or a piece of the text where the fault has no line of its own. */
  readonly line: string;
  constructor(parser: string, line: string, why: string) {
    super(`unreadable output of ${parser}: ${why}: ${JSON.stringify(line.slice(0, 300))}`);
    this.parser = parser;
    this.line = line;
  }
}
