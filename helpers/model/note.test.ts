import { expect, test } from "vitest";
import { type Note, noteText, uniqueNotes } from "./note.ts";

function noteOf(key: string, what = "seen."): Note {
  return { key, what, todo: "", subjects: [] };
}

test("each key once, the first one made, in the order of the keys", () => {
  expect(uniqueNotes([noteOf("pool 10"), noteOf("pool 9"), noteOf("pool 10", "later.")])).toEqual([
    noteOf("pool 9"),
    noteOf("pool 10"),
  ]);
});

test("in words: what was seen, then what to do, if there is anything to do", () => {
  expect(noteText(noteOf("key", "The server is silent."))).toBe("The server is silent.");
  expect(noteText({ ...noteOf("key", "The server is silent."), todo: "Remove it." })).toBe(
    "The server is silent. Remove it.",
  );
});
