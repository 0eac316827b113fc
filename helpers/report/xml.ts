import { plainText } from "./plain-text.ts";

export interface XmlElement {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string | number>>;
  /** Elements, or one text. Never both: indentation would become part of the text. */
  readonly content?: readonly XmlElement[] | string;
}

/** A whole XML 1.0 document. Texts and attribute values may hold anything: what XML can't carry is removed here. */
export function renderXml(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${renderElement(root, "")}`;
}

/** An element without the line that only a whole document has: what HTML takes in itself. */
export function renderFragment(root: XmlElement): string {
  return renderElement(root, "");
}

function renderElement({ name, attributes, content }: XmlElement, indent: string): string {
  const opening = Object.entries(attributes ?? {})
    .map(([key, value]) => ` ${key}="${escapeAttribute(String(value))}"`)
    .join("");
  if (content === undefined || content.length === 0) return `${indent}<${name}${opening}/>\n`;
  if (typeof content === "string") return `${indent}<${name}${opening}>${escapeText(content)}</${name}>\n`;
  const children = content.map((child) => renderElement(child, `${indent}  `)).join("");
  return `${indent}<${name}${opening}>\n${children}${indent}</${name}>\n`;
}

function escapeText(text: string): string {
  return plainText(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

// A parser turns a bare newline or tab inside an attribute into a space (XML 1.0 § 3.3.3); the references keep them.
function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('"', "&quot;").replaceAll("\n", "&#10;").replaceAll("\t", "&#9;");
}
