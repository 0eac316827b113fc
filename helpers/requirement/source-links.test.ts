import { expect, test } from "vitest";
import { linkOf } from "./source-links.ts";

test.each([
  ["moby#48808", "https://github.com/moby/moby/issues/48808"],
  ["docker/cli#6191", "https://github.com/docker/cli/issues/6191"],
  ["RFC 7766: DNS over TCP is not optional", "https://www.rfc-editor.org/rfc/rfc7766"],
  ["dockerd: live-restore", "https://docs.docker.com/reference/cli/dockerd/"],
  ["release notes 28.2", "https://docs.docker.com/engine/release-notes/28/"],
])("%s is read at %s", (section, link) => {
  expect(linkOf(section)).toBe(link);
});

test("of a line of the Engine's code without its address none is known", () => {
  expect(linkOf("moby daemon/start.go")).toBeNull();
});
