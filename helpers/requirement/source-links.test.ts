import { expect, test } from "vitest";
import { linkOf } from "./source-links.ts";

test.each([
  ["engine", "moby#48808", "https://github.com/moby/moby/issues/48808"],
  ["engine", "RFC 7766: DNS over TCP is not optional", "https://www.rfc-editor.org/rfc/rfc7766"],
  ["engine", "dockerd: live-restore", "https://docs.docker.com/reference/cli/dockerd/"],
  ["engine", "release notes 28.2", "https://docs.docker.com/engine/release-notes/28/"],
])("%s %s is read at %s", (document, section, link) => {
  expect(linkOf(document, section)).toBe(link);
});

test.each([
  ["D1", "5.1.1"],
  ["engine", "measured on 28.5"],
])("of %s %s no address is known", (document, section) => {
  expect(linkOf(document, section)).toBeNull();
});
