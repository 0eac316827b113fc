export function parseIptablesSave(_text: string): { name: string; chains: { name: string }[]; rules: { chain: string; text: string }[] }[] { return []; }
