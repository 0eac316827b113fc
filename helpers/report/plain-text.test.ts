import fc from "fast-check";
import { expect, test } from "vitest";
import { cut, oneLine, plainText } from "./plain-text.ts";
import { HOSTILE } from "./sample-results.ts";

const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });

test("keeps nothing a terminal acts on", () => {
  expect(plainText("\u001b[31mred\u001b[0m\u0000\u0007\u009b31m \u202eevil")).toBe("red evil");
  expect(plainText("a\r\nb\rc\td")).toBe("a\nb\nc\td");
});

test("keeps what is merely unusual", () => {
  expect(plainText("网桥 ± 🐳 \ufffd")).toBe("网桥 ± 🐳 \ufffd");
  expect(plainText("\ud800")).toBe("\ufffd");
});

test("any UTF-16 units become well-formed text without controls, and stay as they are the second time", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const plain = plainText(text);
      expect(plain.isWellFormed()).toBe(true);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
      expect(plain).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/);
      expect(plainText(plain)).toBe(plain);
    }),
  );
});

test("oneLine is one line", () => {
  expect(oneLine("  a\n\n b\tc ")).toBe("a b c");
  expect(oneLine(HOSTILE)).not.toContain("\n");
});

test("cut keeps the limit and never halves a character", () => {
  expect(cut("🐳🐳🐳", 3)).toBe("🐳🐳🐳");
  expect(cut("🐳🐳🐳🐳", 3)).toBe("🐳🐳…");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 20 }), (text, max) => {
      const short = cut(text, max);
      expect(Array.from(short).length).toBeLessThanOrEqual(max);
      expect(short.isWellFormed()).toBe(true);
      if (Array.from(text).length <= max) expect(short).toBe(text);
    }),
  );
});
