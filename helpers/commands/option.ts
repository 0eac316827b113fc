import { usage } from "../run/arguments.ts";

/**
 * Takes one option with its value out of a command's words: `--engines 28.5` or `--engines=28.5`.
 * @throws UserError (exit code 64) when its value is missing
 */
export function optionOf(
  name: string,
  words: readonly string[],
  example = "28.5",
): { readonly value: string | undefined; readonly rest: readonly string[] } {
  const at = words.findIndex((word) => word === name || word.startsWith(`${name}=`));
  const word = words[at];
  if (word === undefined) return { value: undefined, rest: words };
  if (word !== name) return { value: word.slice(name.length + 1), rest: words.toSpliced(at, 1) };
  const value = words[at + 1];
  if (value === undefined || value.startsWith("-"))
    throw usage(`${name} needs a value`, `For example ${name}=${example}`);
  return { value, rest: words.toSpliced(at, 2) };
}
