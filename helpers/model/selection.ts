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

/** What the user asked for, as words; empty = everything. */
export function selectionFromEnvironment(env: NodeJS.ProcessEnv = process.env): string[] {
  return words(env[SELECTION_VARIABLE]);
}

/** Whether a requirement is among those asked for. */
export function isSelected(id: string, env: NodeJS.ProcessEnv = process.env): boolean {
  const selected = words(env[SELECTED_IDS_VARIABLE]);
  return selected.length === 0 || selected.includes(id);
}

function words(text: string | undefined): string[] {
  return (text ?? "").split(" ").filter((word) => word !== "");
}
