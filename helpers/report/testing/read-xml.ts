import { SaxesParser } from "saxes";

/** An element of a document that was read. */
export interface ReadElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly ReadElement[];
  /** Its own, without its children's. */
  readonly text: string;
}

interface Building extends ReadElement {
  readonly children: Building[];
  text: string;
}

/** Reads a whole document as strictly as XML 1.0 asks. @throws at the first place that is not well-formed */
export function readXml(document: string): ReadElement {
  const root: Building = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const element: Building = { name, attributes, children: [], text: "" };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on("text", (text) => {
    const inner = open.at(-1);
    if (inner !== undefined) inner.text += text;
  });
  parser.on("closetag", () => void open.pop());
  parser.write(document).close();
  const [first] = root.children;
  if (first === undefined) throw new Error("the document has no element");
  return first;
}

/** All elements of a name, in document order. */
export function elementsOf(root: ReadElement, name: string): ReadElement[] {
  return [...(root.name === name ? [root] : []), ...root.children.flatMap((child) => elementsOf(child, name))];
}
