/** A script that looks prints `== <name>` above each part. @returns the text of a part, empty where there is none */
export function sectionsOf(text: string): (name: string) => string {
  const sections = new Map<string, string>();
  for (const block of text.split(/^== /m).slice(1)) {
    const end = block.indexOf("\n");
    sections.set(block.slice(0, end), block.slice(end + 1));
  }
  return (name) => sections.get(name) ?? "";
}
