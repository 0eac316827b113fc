/** What JSON.parse returns, to be looked into with care. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

type JsonObject = { readonly [key: string]: Json };

/** The value as an object; an empty one when it is none. */
export function objectOf(value: Json | undefined): JsonObject {
  return value !== null && typeof value === "object" && !isList(value) ? value : {};
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** The value as a list: a single value is a list of one, nothing an empty one. */
export function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  return isList(value) ? value : [value];
}

export function textOf(value: Json | undefined): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** The only key of `{"match": {…}}` with its value; the text itself for a bare word. */
export function taggedOf(value: Json | undefined): readonly [string, Json] {
  if (typeof value === "string") return [value, null];
  const [entry] = Object.entries(objectOf(value));
  return entry ?? ["", null];
}
