import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { quoted, word, words } from "./shell-words.ts";

test.each(["echo plain", "echo 'single' \"double\" $HOME", `sh -c ${quoted("echo 'deeper still'")}`])(
  "a shell takes %s for one word",
  (command) => {
    expect(execFileSync("sh", ["-c", `printf %s ${quoted(command)}`]).toString()).toBe(command);
  },
);

test("names stand as they are, unless a shell or a command would take them for more", () => {
  expect(words(["shop_default", "my-net.0"])).toBe("shop_default my-net.0");
  const hostile = ["$(reboot)", "a;b|c&d", "*", "it's", "name with space", "--rm"];
  expect(
    execFileSync("sh", ["-c", `printf '%s\\n' ${hostile.map(word).join(" ").replace("--rm", "-- --rm")}`]).toString(),
  ).toBe(`${[...hostile.slice(0, -1), "--", "--rm"].join("\n")}\n`);
  expect(words(["shop", "--rm"])).toBe("-- shop --rm");
});
