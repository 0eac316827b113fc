/** Breaks one line of text at spaces so that no line is longer than `width`; a longer word stands alone, unbroken. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

const LABEL_WIDTH = 13;

/** `  label      text`, further lines of the text under its first. */
export function labelled(label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) =>
    `${index === 0 ? `  ${label}`.padEnd(LABEL_WIDTH) : " ".repeat(LABEL_WIDTH)}${line}`.trimEnd(),
  );
}

/** Columns left for the text of `labelled`. */
export function textWidth(width: number): number {
  return Math.max(20, width - LABEL_WIDTH);
}

/**
 * Two blocks next to each other, lines that differ marked with `!=`; null when they don't fit into `width`.
 * Meant for reachability tables, where the difference of one cell must be seen.
 */
export function sideBySide(left: readonly string[], right: readonly string[], width: number): string[] | null {
  const leftWidth = Math.max(...left.map((line) => line.length));
  const rightWidth = Math.max(...right.map((line) => line.length));
  if (leftWidth + rightWidth + 6 > width) return null;
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
    const [a, b] = [left[index] ?? "", right[index] ?? ""];
    // The first line holds the two titles.
    const mark = index > 0 && a !== b ? "!=" : "  ";
    return `${a.padEnd(leftWidth)}  ${mark}  ${b}`.trimEnd();
  });
}
