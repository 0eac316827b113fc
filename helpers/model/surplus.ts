/** The lines of one list that another has not, or not as often, in their order. */
export function surplus(these: readonly string[], those: readonly string[]): string[] {
  const rest = new Map<string, number>();
  for (const line of those) rest.set(line, (rest.get(line) ?? 0) + 1);
  return these.filter((line) => {
    const left = rest.get(line) ?? 0;
    rest.set(line, left - 1);
    return left <= 0;
  });
}
