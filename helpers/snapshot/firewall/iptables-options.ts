/** An option with the words that follow it. */
export interface Option {
  readonly name: string;
  readonly not: boolean;
  readonly values: readonly string[];
  /** The module it belongs to: the last `-m` before it, or the protocol's. */
  readonly module: string;
}

const SHORT: Readonly<Record<string, string>> = {
  "--source": "-s",
  "--destination": "-d",
  "--in-interface": "-i",
  "--out-interface": "-o",
  "--protocol": "-p",
  "--jump": "-j",
  "--goto": "-g",
  "--match": "-m",
};

/** The options of a rule, each with the words that follow it and the match that it belongs to. */
export function optionsOf(args: readonly string[]): Option[] {
  const options: { name: string; not: boolean; values: string[]; module: string }[] = [];
  let not = false;
  let module = "";
  for (const word of args) {
    if (word === "!") {
      not = true;
    } else if (/^--?[a-z]/i.test(word) && !isNegativeNumber(word)) {
      const name = SHORT[word] ?? word;
      options.push({ name, not, values: [], module });
      not = false;
    } else {
      const last = options.at(-1);
      if (last === undefined) continue;
      last.values.push(word);
      if (last.name === "-m") {
        module = word;
        last.module = word;
      }
    }
  }
  return options;
}

function isNegativeNumber(word: string): boolean {
  return /^-\d/.test(word);
}

/** As iptables would print them. */
export function textOf(options: readonly Option[]): string {
  return options.map(({ name, not, values }) => `${not ? "! " : ""}${[name, ...values].join(" ")}`).join(" ");
}
