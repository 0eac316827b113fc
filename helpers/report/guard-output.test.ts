import { styleText } from "node:util";
import { expect, test } from "vitest";
import { painter, type Style } from "./colour.ts";
import { forTerminal, guardOutput } from "./guard-output.ts";

const ESC = String.fromCharCode(27);

test("control sequences of others don't reach a terminal", () => {
  expect(forTerminal(`a${ESC}[2Jb${ESC}]0;title${String.fromCharCode(7)}c${ESC}[8md\n`)).toBe("abcd\n");
  expect(forTerminal(`${ESC}]8;;http://x${ESC}\\click${ESC}]8;;${ESC}\\`)).toBe("click");
  expect(forTerminal("a\rb\u202ec\u009b31md")).toBe("a\nbcd");
});

test("our own styles and the progress line do", () => {
  const paint = painter(true);
  for (const style of ["red", "green", "yellow", "bold", "dim"] as const satisfies Style[]) {
    expect(paint(style, "x")).toBe(styleText(style, "x", { validateStream: false }));
    expect(forTerminal(paint(style, "x"))).toBe(paint(style, "x"));
  }
  expect(forTerminal(`\r${ESC}[2K12 of 40`)).toBe(`\r${ESC}[2K12 of 40`);
});

test("credentials end here, also under a style", () => {
  expect(forTerminal(painter(true)("bold", "tcp://u:s3cret@host"))).not.toContain("s3cret");
});

test("a guarded stream writes what is left, and bytes as they are", () => {
  const written: unknown[] = [];
  const stream = { write: (chunk: unknown) => written.push(chunk) > 0 } as Pick<NodeJS.WriteStream, "write">;
  guardOutput(stream);
  stream.write(`x${ESC}[2J\n`);
  stream.write(Buffer.from([27]));
  expect(written).toEqual(["x\n", Buffer.from([27])]);
});
