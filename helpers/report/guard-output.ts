import { withoutCredentials } from "../model/credentials.ts";
import { plainText } from "./plain-text.ts";

/** What this project itself writes to a terminal beside text: the styles of `painter`, and the line of the progress. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant.
const OURS = /(\u001b\[(?:1|2|22|31|32|33|39)m|\r\u001b\[2K)/;

/**
 * Text as it may go to a terminal: what engines, hosts, files and servers say may hold control sequences (a title, a
 * cleared screen, a link) and credentials. Both end here, wherever the text came from.
 */
export function forTerminal(text: string): string {
  // Every second part is one of ours.
  const parts = text.split(OURS).map((part, index) => (index % 2 === 1 ? part : plainText(part)));
  return withoutCredentials(parts.join(""));
}

/** Has everything that is written to a stream go through {@link forTerminal}. To be called once for a stream. */
export function guardOutput(stream: Pick<NodeJS.WriteStream, "write">): void {
  const write = stream.write.bind(stream) as (...words: unknown[]) => boolean;
  stream.write = (chunk: unknown, ...others: unknown[]) =>
    write(typeof chunk === "string" ? forTerminal(chunk) : chunk, ...others);
}
