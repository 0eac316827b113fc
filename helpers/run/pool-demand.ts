import { idsIn, suiteTexts } from "./suite-texts.ts";

/** How a suite asks for a network whose subnet the engine chooses. */
const FROM_POOLS = /\bsubnet:\s*"automatic"/g;
const TEXTS = /"[^"\n]*"|`[^`]*`/g;
const LAB = /\.(lab|changing)\.test\.ts$/;

/**
 * How many subnets of the engine's address pools the selected requirements hold at once, at most: read from the suites'
 * text before anything starts. A lab's hosts have pools of their own.
 */
export function poolDemand(isSelected: (id: string) => boolean): number {
  return suiteTexts()
    .filter(({ file }) => !LAB.test(file))
    .reduce((sum, { text }) => sum + demandOf(text, isSelected), 0);
}

/**
 * The same for the text of one suite. Each topology is up once, with all its networks, however many requirements start
 * from it or from a stage of it; so what counts is which of them the selected requirements name, directly or through
 * other declarations.
 */
export function demandOf(text: string, isSelected: (id: string) => boolean): number {
  const declarations = new Map<string, string>();
  const wanted: string[] = [];
  for (const statement of text.split(/^(?=[A-Za-z])/m)) {
    const name = /^(?:export )?(?:const|(?:async )?function)\s+(\w+)/.exec(statement)?.[1];
    if (name !== undefined) declarations.set(name, statement);
    // A loop declares several requirements in one statement.
    const ids = idsIn(statement);
    if (/\brequirement\(/.test(statement) && (ids.length === 0 || ids.some((id) => isSelected(id))))
      wanted.push(statement);
  }
  const reached = new Set<string>();
  for (const statement of wanted)
    for (const [word] of statement.replaceAll(TEXTS, "").matchAll(/\b\w+\b/g)) {
      const body = declarations.get(word);
      if (body === undefined || reached.has(word)) continue;
      reached.add(word);
      wanted.push(body);
    }
  return [...reached].reduce((sum, name) => sum + (declarations.get(name)?.match(FROM_POOLS)?.length ?? 0), 0);
}
