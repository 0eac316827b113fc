import { expect, test } from "vitest";
import {
  isSelected,
  SELECTED_IDS_VARIABLE,
  SELECTION_VARIABLE,
  selectionFromEnvironment,
  selectionOf,
} from "./selection.ts";

test("without a selection everything is selected", () => {
  expect(selectionFromEnvironment({})).toEqual([]);
  expect(isSelected("UDN-01", {})).toBe(true);
  expect(isSelected("UDN-01", { [SELECTED_IDS_VARIABLE]: " " })).toBe(true);
});

test("with ids only these are, by the whole id", () => {
  const env = { [SELECTION_VARIABLE]: "none  UDN-01", [SELECTED_IDS_VARIABLE]: "NONE-01 UDN-01" };
  expect(selectionFromEnvironment(env)).toEqual(["none", "UDN-01"]);
  expect(["NONE-01", "UDN-01", "UDN-0", "UDN-011"].map((id) => isSelected(id, env))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test("what vitest's own words chose is a selection, unless it is all", () => {
  const written = ["NONE-01", "UDN-01", "UDN-02"];
  expect(selectionOf(["UDN-02", "NONE-01", "UDN-01"], written)).toEqual([]);
  expect(selectionOf(["UDN-02", "NONE-01"], written)).toEqual(["NONE-01", "UDN-02"]);
});
