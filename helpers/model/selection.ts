/** Through which `npm test` tells the reports what was asked for, word by word. */
export const SELECTION_VARIABLE = "DNC_SELECTION";
/** Through which `npm test` tells the suites which requirements these words mean; absent = all. */
export const SELECTED_IDS_VARIABLE = "DNC_SELECTED_IDS";

/** Through which `npm test -- --complete` tells that a partial run is not enough. */
export const COMPLETE_VARIABLE = "DNC_COMPLETE";

/** Whether a partial run is none. */
export function isCompleteWanted(env: NodeJS.ProcessEnv = process.env): boolean {
  return env[COMPLETE_VARIABLE] === "1";
}

/** Through which `npm test -- --quick` tells that the quick set was asked for. */
export const QUICK_VARIABLE = "DNC_QUICK";

/** Whether the quick set was asked for. */
export function isQuickWanted(env: NodeJS.ProcessEnv = process.env): boolean {
  return env[QUICK_VARIABLE] === "1";
}

/** Through which `npm run reproduce` asks for a script of every requirement, not only of those that fail. */
export const SCRIPTS_VARIABLE = "DNC_SCRIPTS";

/** Whether passing requirements get a script too. */
export function areScriptsWanted(env: NodeJS.ProcessEnv = process.env): boolean {
  return env[SCRIPTS_VARIABLE] === "1";
}

/** Through which `npm run explain` asks for the way of a healthy packet. */
export const WALKS_VARIABLE = "DNC_WALKS";

/** Whether a packet of what passes is followed too. */
export function areWalksWanted(env: NodeJS.ProcessEnv = process.env): boolean {
  return env[WALKS_VARIABLE] === "1";
}

/** Through which `npm test -- --keep` has what a failure was judged on stand until a key is pressed. */
export const KEEP_VARIABLE = "DNC_KEEP";

/** Whether that was asked for. */
export function isKeepWanted(env: NodeJS.ProcessEnv = process.env): boolean {
  return env[KEEP_VARIABLE] === "1";
}

/** Through which `npm test -- --json` has the results printed instead of the report for people. */
export const JSON_VARIABLE = "DNC_JSON";

/** Whether a program reads what is printed. */
export function isJsonWanted(env: NodeJS.ProcessEnv = process.env): boolean {
  return env[JSON_VARIABLE] === "1";
}

/** What the user asked for, as words; empty = everything. */
export function selectionFromEnvironment(env: NodeJS.ProcessEnv = process.env): string[] {
  return words(env[SELECTION_VARIABLE]);
}

/** The selection that asks for these requirements: none where they are all that are written. */
export function selectionOf(asked: readonly string[], written: readonly string[]): string[] {
  const ids = new Set(asked);
  return written.every((id) => ids.has(id)) ? [] : written.filter((id) => ids.has(id));
}

/** Whether a requirement is among those asked for. */
export function isSelected(id: string, env: NodeJS.ProcessEnv = process.env): boolean {
  const selected = words(env[SELECTED_IDS_VARIABLE]);
  return selected.length === 0 || selected.includes(id);
}

function words(text: string | undefined): string[] {
  return (text ?? "").split(" ").filter((word) => word !== "");
}
