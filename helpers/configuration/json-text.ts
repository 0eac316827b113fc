import { type Node, type ParseError, type ParseOptions, parseTree, printParseErrorCode } from "jsonc-parser";

/** Where something stands in a text, both counted from 1; a column counts characters. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A JSON text as read: its tree (with every key that stands twice), or what is wrong with it first. */
type JsonText =
  | { readonly tree: Node; readonly problem: null }
  | { readonly tree: null; readonly problem: Place & { readonly message: string } };

const STRICT: ParseOptions = { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false };

/**
 * The text of a file's bytes, as dockerd decodes them: UTF-8, or UTF-16 where a byte order mark says so (moby
 * `unicode.BOMOverride` in daemon/config/config.go). The mark stays in the text: older versions refuse it.
 */
export function textOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
}

/**
 * Reads a text as RFC 8259 has it, as Go's encoding/json does: no comments, no trailing comma, nothing after the value.
 * Whether it is JSON is for JSON.parse to say; the parser with positions says where it is not.
 */
export function readJson(text: string): JsonText {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, STRICT);
  let refusal: string | null = null;
  try {
    JSON.parse(text);
  } catch (error) {
    refusal = error instanceof Error ? error.message : String(error);
  }
  if (refusal === null && tree !== undefined) return { tree, problem: null };
  const first = errors[0];
  const offset = first?.offset ?? 0;
  return { tree: null, problem: { ...placeOf(text, offset), message: describe(text, first, refusal ?? "") } };
}

/** The first JSON value of a text that goes on behind it; null where that is not what is wrong with it. */
export function firstValueOf(text: string): string | null {
  const tree = parseTree(text, [], STRICT);
  if (tree === undefined) return null;
  const first = text.slice(0, tree.offset + tree.length);
  return readJson(first).problem === null ? first : null;
}

/** Line and column of an offset. */
export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const lines = before.split(/\r\n|\n|\r/);
  return { line: lines.length, column: [...(lines.at(-1) ?? "")].length + 1 };
}

function describe(text: string, error: ParseError | undefined, refusal: string): string {
  if (error === undefined) return refusal;
  const code = printParseErrorCode(error.error);
  const before = text.slice(0, error.offset).trimEnd();
  const at = text.slice(error.offset).trimStart();
  const found = at === "" ? "the end of the file" : JSON.stringify(Array.from(at)[0]);
  if (code === "InvalidCommentToken" || /^(\/\/|\/\*|#)/.test(at)) return "a comment: JSON has none";
  if (before.endsWith(",") && /^[}\]]/.test(at)) return `a comma before ${found}: the last entry has none after it`;
  if (/^[\w-]+\s*:/.test(at)) return "a name without quotes: JSON wants it in double quotes";
  switch (code) {
    case "PropertyNameExpected":
      return at.startsWith("'")
        ? "a name in single quotes: JSON takes double quotes"
        : `${found} where a name in double quotes should stand`;
    case "ColonExpected":
      return `${found} where the colon after a name should stand`;
    case "CommaExpected":
      return `${found} where a comma should stand: is one missing after the entry before?`;
    case "CloseBraceExpected":
      return `${found} where the closing } should stand`;
    case "CloseBracketExpected":
      return `${found} where the closing ] should stand`;
    case "EndOfFileExpected":
      return `${found} after the end of the JSON value`;
    case "ValueExpected":
    case "InvalidSymbol":
      return at.startsWith("'")
        ? "a text in single quotes: JSON takes double quotes"
        : `${found} where a value should stand (a text in double quotes, a number, true, false, null, […] or {…})`;
    case "UnexpectedEndOfString":
      return "a text that is not closed on its line";
    default:
      return refusal || code;
  }
}
