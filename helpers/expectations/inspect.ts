/**
 * True for every way in which versions and clients say "nothing": null, absent, "", 0, [] and {}.
 * `false` is not blank: it answers a question.
 */
export function isBlank(value: unknown): boolean {
  if (value === null || value === undefined || value === "" || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value).length === 0;
}
