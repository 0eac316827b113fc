import { expect, test } from "vitest";
import { EXIT } from "../engine/errors.ts";
import { optionOf } from "./option.ts";

test.each([
  [["--engines", "28.5", "dns"], "28.5", ["dns"]],
  [["dns", "--engines=28.5,26.1"], "28.5,26.1", ["dns"]],
  [["dns"], undefined, ["dns"]],
])("%j", (words, value, rest) => {
  expect(optionOf("--engines", words)).toEqual({ value, rest });
});

test.each([[["--engines"]], [["--engines", "--only-lab"]]])("%j is wrong usage", (words) => {
  expect(() => optionOf("--engines", words)).toThrow(expect.objectContaining({ exitCode: EXIT.usage }));
});
