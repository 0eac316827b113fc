/** One value with its name and labels. */
interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * Reads text that both OpenMetrics 1.0 (its ABNF) and the older exposition format allow, and nothing else: each family
 * once and together, with HELP and TYPE before its samples, no sample twice, `# EOF` last.
 * @throws Error naming the line that is otherwise
 */
export function parseExposition(text: string): Sample[] {
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.pop() !== "# EOF") throw new Error("it does not end with # EOF");
  const samples: Sample[] = [];
  const families: string[] = [];
  const seen = new Set<string>();
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    const help = /^# HELP ([a-z_]+) \S[^\n]*$/.exec(line)?.[1];
    if (help !== undefined) {
      if (families.includes(help) || lines[++index] !== `# TYPE ${help} gauge`)
        throw new Error(`${help} has no type, or stands twice`);
      families.push(help);
      continue;
    }
    const parts = /^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\[\\"n])*",?)+)\})? (-?\d+(?:\.\d+)?)$/.exec(line);
    if (parts === null || parts[1] !== families.at(-1)) throw new Error(`no sample of ${families.at(-1)}: ${line}`);
    const [, name = "", labels = "", value = ""] = parts;
    const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(
      ([, label = "", escaped = ""]) =>
        [label, escaped.replaceAll(/\\(.)/g, (_, one: string) => (one === "n" ? "\n" : one))] as const,
    );
    if (seen.has(`${name}{${labels}}`)) throw new Error(`twice: ${line}`);
    seen.add(`${name}{${labels}}`);
    samples.push({ name, labels: Object.fromEntries(pairs), value: Number(value) });
  }
  return samples;
}
