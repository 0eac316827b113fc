import { addressIn } from "./address-text.ts";
import { Words } from "./words.ts";

export interface HostsEntry {
  readonly address: string;
  /** Canonical name first, then aliases; never empty. */
  readonly names: readonly string[];
}

/**
 * Reads /etc/hosts (hosts(5)): entries in the file's order, comments left out; the same address or name may come twice.
 * @throws UnreadableOutput
 */
export function parseHostsFile(text: string): HostsEntry[] {
  return text
    .split("\n")
    .filter((line) => line.replace(/#.*$/, "").trim() !== "")
    .map((line) => {
      const words = new Words("/etc/hosts", line, line.replace(/#.*$/, ""));
      const { address } = addressIn(words, words.take("address"));
      const names = [words.take("name")];
      while (!words.done) names.push(words.take("alias"));
      return { address, names };
    });
}
