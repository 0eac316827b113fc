import { expect, test } from "vitest";
import { rehearsedText } from "./left-out-keys.ts";

const known = (key: string) => key !== "bipp";

test("a file about networks alone is rehearsed to the letter", () => {
  const text = '{ "bip": "10.9.0.1/24",\n  "debug": true }\n';
  expect(rehearsedText(text, JSON.parse(text), known)).toEqual({ text, leftOut: [] });
});

test("keys that name things of the host are taken out, an unknown one stays for dockerd to refuse", () => {
  const values = { mtu: 1400, "data-root": "/srv", hosts: ["fd://"], bipp: 1 };
  const { text, leftOut } = rehearsedText(JSON.stringify(values), values, known);
  expect(JSON.parse(text)).toEqual({ mtu: 1400, bipp: 1 });
  expect(leftOut).toEqual(["data-root", "hosts"]);
});
