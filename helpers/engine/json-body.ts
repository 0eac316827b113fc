/** What JSON a body holds; null where it holds none. */
export function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return null;
  }
}

/** A JSON object, not a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The `Id` of an answer; null where it has none. */
export function idIn(answer: unknown): string | null {
  return typeof answer === "object" && answer !== null && "Id" in answer && typeof answer.Id === "string"
    ? answer.Id
    : null;
}
