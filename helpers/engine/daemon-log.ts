/** A line of logfmt or of logrus's terminal form; what dockerd says as it ends bears no level. */
const LEVELLED = /\blevel=\w+|^(DEBU|INFO|WARN|ERRO|FATA)\[/;
const BELOW_ERROR = /\blevel=(debug|info|warning)\b|^(DEBU|INFO|WARN)\[/;
/** A crash; behind it stand its goroutines, frame by frame. */
const CRASH = /^(panic|fatal error): /;

/**
 * Picks the lines of dockerd's log that say why it ended, without the noise of logfmt.
 *
 * The last line is dockerd's own last word, a line without a level, also where another follows in the log: its
 * connections to containerd are being closed meanwhile, and may still complain after it.
 *
 * @param log of one start, text in logfmt (`time=… level=… msg="…"`)
 * @returns at most `count` lines; those of the lower levels only where no other is there
 */
export function lastErrors(log: string, count = 3): readonly string[] {
  const lines = log.split("\n").filter((line) => line.trim() !== "");
  const levelled = lines.filter((line) => LEVELLED.test(line));
  const own = lines.filter((line) => !LEVELLED.test(line));
  const crash = own.findIndex((line) => CRASH.test(line));
  const telling = [
    ...levelled.filter((line) => !BELOW_ERROR.test(line)),
    ...(crash === -1 ? own : own.slice(0, crash + 1)),
  ];
  return (telling.length > 0 ? telling : lines).slice(-count).map(withoutLogfmt);
}

function withoutLogfmt(line: string): string {
  const message = /\bmsg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  return message === undefined ? line.trim() : message.replaceAll('\\"', '"');
}
