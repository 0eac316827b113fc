/** An element as a strict reader sees it. */
interface ReadElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly ReadElement[];
  readonly text: string;
}

// XML 1.0 § 2.2, everything else is forbidden even as a reference.
const CHARACTERS = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u;
const TOKEN = /<\/([A-Za-z]+)>|<([A-Za-z]+)((?: [A-Za-z]+="[^"<]*")*)(\/?)>|([^<]+)/y;
const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&amp;": "&",
  "&quot;": '"',
  "&#10;": "\n",
  "&#9;": "\t",
};

/**
 * A reader for the tests of our own XML: it knows just what `renderXml` may write and throws on anything else,
 * so that a missed escape can't be read around as a lenient parser would.
 */
export function readXml(document: string): ReadElement {
  if (!CHARACTERS.test(document)) throw new Error("a character that XML 1.0 forbids");
  const prolog = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!document.startsWith(prolog)) throw new Error("no XML declaration");

  const root = { name: "", attributes: {}, children: [] as ReadElement[], text: "" };
  const open = [root];
  TOKEN.lastIndex = prolog.length;
  while (TOKEN.lastIndex < document.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(document);
    const parent = open.at(-1);
    if (token === null || parent === undefined) throw new Error(`not well-formed at ${document.slice(at, at + 40)}`);
    const [, closing, opening, attributes = "", empty, text] = token;
    if (closing !== undefined) {
      if (open.pop()?.name !== closing) throw new Error(`</${closing}> closes another element`);
    } else if (opening !== undefined) {
      const element = { name: opening, attributes: readAttributes(attributes), children: [], text: "" };
      parent.children.push(element);
      if (empty === "") open.push(element);
    } else {
      parent.text += unescaped(text ?? "");
    }
  }
  const [first, ...more] = root.children;
  if (open.length !== 1 || first === undefined || more.length > 0)
    throw new Error("not exactly one whole root element");
  return first;
}

/** All elements of a name, in document order. */
export function elementsOf(root: ReadElement, name: string): ReadElement[] {
  return [...(root.name === name ? [root] : []), ...root.children.flatMap((child) => elementsOf(child, name))];
}

function readAttributes(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/ ([A-Za-z]+)="([^"]*)"/g)].map(
    ([, name = "", value = ""]) => [name, unescaped(value)] as const,
  );
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) throw new Error("an attribute given twice");
  return Object.fromEntries(pairs);
}

function unescaped(text: string): string {
  if (text.includes("]]>")) throw new Error("]]> in text");
  return text.replace(/&[^;]*;?/g, (entity) => {
    const character = ENTITIES[entity];
    if (character === undefined) throw new Error(`unknown entity ${entity}`);
    return character;
  });
}
