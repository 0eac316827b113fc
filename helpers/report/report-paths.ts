/** Folders in that of the reports, of what lies beside `results.json`. */
export const SCRIPTS = "reproduce";
export const WALKS = "walks";

/** Where the script that shows a requirement without us lies, in the reports' folder. */
export function scriptPath(id: string): string {
  return `${SCRIPTS}/${id}.sh`;
}

/** Where the way of one of its packets lies, there too. */
export function walkPath(id: string): string {
  return `${WALKS}/${id}.json`;
}
