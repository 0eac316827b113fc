/** The number of letters that have to be changed, added, left out or swapped with their neighbour (Damerau, restricted). */
function editDistance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[other.length] ?? 0;
}

/** What was probably meant by an unknown word: equal but for case, `_` or spaces, else at most a third of its letters (two at most) away; null when nothing is near. */
export function nearMiss(word: string, known: Iterable<string>): string | null {
  const plain = (text: string) => text.toLowerCase().replace(/[-_ ]/g, "");
  let best: { word: string; distance: number } | null = null;
  for (const candidate of known) {
    if (plain(candidate) === plain(word)) return candidate;
    const distance = editDistance(word.toLowerCase(), candidate);
    const allowed = Math.min(2, Math.floor(Math.max(word.length, candidate.length) / 3));
    if (distance <= allowed && (best === null || distance < best.distance)) best = { word: candidate, distance };
  }
  return best?.word ?? null;
}
