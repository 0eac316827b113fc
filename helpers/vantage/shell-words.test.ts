import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { quoted } from "./shell-words.ts";

test.each(["echo plain", "echo 'single' \"double\" $HOME", `sh -c ${quoted("echo 'deeper still'")}`])(
  "a shell takes %s for one word",
  (command) => {
    expect(execFileSync("sh", ["-c", `printf %s ${quoted(command)}`]).toString()).toBe(command);
  },
);
