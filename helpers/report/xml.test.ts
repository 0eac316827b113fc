import fc from "fast-check";
import { expect, test } from "vitest";
import { plainText } from "./plain-text.ts";
import { HOSTILE } from "./sample-results.ts";
import { readXml } from "./testing/read-xml.ts";
import { renderXml } from "./xml.ts";

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({
    unit: fc.constantFrom("<", ">", "&", '"', "'", "]", "\n", "\t", "\u0000", "\ud800", "\u001b", "[", "m", ";"),
  }),
);

test("any text comes back as its plain text", () => {
  fc.assert(
    fc.property(anyText, anyText, (attribute, text) => {
      const read = readXml(
        renderXml({ name: "a", attributes: { b: attribute }, content: [{ name: "c", content: text }] }),
      );
      expect(read.attributes).toEqual({ b: plainText(attribute) });
      expect(read.children[0]?.text).toBe(plainText(text));
    }),
  );
});

test("hostile text stays text", () => {
  const read = readXml(renderXml({ name: "failure", content: HOSTILE }));
  expect(read.children).toEqual([]);
  expect(read.text).toContain("]]> </failure><pass a=\"b\" c='d'> &amp;");
});

test.each([
  ["a bare ampersand", "<a>&</a>"],
  ["an element left open", "<a><b></a>"],
  ["two roots", "<a/><b/>"],
  ["an attribute given twice", '<a b="1" b="2"/>'],
  ["a control character", "<a>\u0000</a>"],
  ["]]> in text", "<a>]]></a>"],
])("the strict reader refuses %s", (_name, body) => {
  expect(() => readXml(`<?xml version="1.0" encoding="UTF-8"?>\n${body}\n`)).toThrow();
});
