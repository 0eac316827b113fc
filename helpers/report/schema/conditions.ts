/** What some properties say of others, as JSON Schema writes it: properties by their names. */
interface Condition {
  readonly where: object;
  readonly holds: object;
  readonly otherwise?: object;
}

/**
 * Conditions of a published schema. They bind who writes results; a reader takes what earlier versions wrote.
 * @returns keywords of JSON Schema
 */
export function conditions(all: readonly Condition[]): { readonly allOf: readonly object[] } {
  return {
    allOf: all.map(({ where, holds, otherwise }) =>
      Object.fromEntries([
        ["if", { properties: where }],
        // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
        ["then", { properties: holds }],
        ...(otherwise === undefined ? [] : [["else", { properties: otherwise }] as const]),
      ]),
    ),
  };
}
