/** From how many ids of one topic on the first and the last stand for all. */
const MANY = 4;

/**
 * The words of a selection for people. Commands that choose by what a requirement needs name hundreds of ids: those of
 * one topic become `NETNS-01 … NETNS-107 (107)`.
 */
export function selectionText(words: readonly string[]): string {
  const groups: string[][] = [];
  for (const word of words) {
    const last = groups.at(-1);
    const topic = topicOf(word);
    if (topic !== null && last?.[0] !== undefined && topicOf(last[0]) === topic) last.push(word);
    else groups.push([word]);
  }
  return groups
    .map((group) => (group.length < MANY ? group.join(" ") : `${group[0]} … ${group.at(-1)} (${group.length})`))
    .join(" ");
}

function topicOf(word: string): string | null {
  return /^([A-Z]+)-\d+[a-z]?$/.exec(word)?.[1] ?? null;
}
