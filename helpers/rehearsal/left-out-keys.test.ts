import { expect, test } from "vitest";
import { readDaemonJson } from "../configuration/daemon-json.ts";
import { rehearsedText } from "./left-out-keys.ts";

const engine = { engine: { version: "28.5.2", apiVersion: "1.51" } };
const rehearsed = (text: string) => rehearsedText(text, readDaemonJson(text, engine));

test("a file about networks alone is rehearsed to the letter", () => {
  const text = '{ "bip": "10.9.0.1/24",\n  "debug": true }\n';
  expect(rehearsed(text)).toEqual({ text, leftOut: [] });
});

test("keys that name things of the host are taken out, an unknown one stays for dockerd to refuse", () => {
  const { text, leftOut } = rehearsed('{"mtu": 1400, "data-root": "/srv", "hosts": ["fd://"], "bipp": 1}');
  expect(JSON.parse(text)).toEqual({ mtu: 1400, bipp: 1 });
  expect(leftOut).toEqual(["data-root", "hosts"]);
});

test("a value that dockerd refuses stays for dockerd to refuse, whatever its key names", () => {
  const text = '{"log-opts": {"max-size": 10}}';
  expect(rehearsed(text)).toEqual({ text, leftOut: [] });
});

test("a flag's name is no key of other programs", () => {
  const text = '{"default-address-pool": [{"base": "10.9.0.0/16", "size": 24}]}';
  expect(rehearsed(text)).toEqual({ text, leftOut: [] });
});
