import { expect, test } from "vitest";
import { whyNoView } from "./why-no-view.ts";

function answered(words: string): Error {
  return Object.assign(new Error(`(HTTP code 404) no such container - ${words} `), {
    statusCode: 404,
    json: { message: words },
  });
}

test("the engine's words are told, and a network of its own that is gone", () => {
  expect(whyNoView(answered("No such image: busybox"))).toBe("No such image: busybox");
  expect(whyNoView(answered("failed to set up container networking: network host not found"))).toMatch(
    /^failed to set up container networking: network host not found: the engine has lost its own network host; stop all containers/,
  );
  expect(whyNoView(answered("network shop not found"))).toBe("network shop not found");
});
