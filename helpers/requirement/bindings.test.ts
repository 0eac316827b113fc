import { expect, test } from "vitest";
import { parsePublish } from "../expectations/ports.ts";
import { factsOf } from "../model/captured/facts.ts";
import { type HostBinding, mustHaveBindings } from "./bindings.ts";
import { Violation } from "./verdicts.ts";

/** `0.0.0.0:8080 :::8080` as the API gives it. */
function bindings(text: string): HostBinding[] {
  return text
    .split(" ")
    .filter((part) => part !== "")
    .map((part) => {
      const colon = part.lastIndexOf(":");
      return { HostIp: part.slice(0, colon), HostPort: part.slice(colon + 1) };
    });
}

const judge = (version: string, forms: readonly string[], observed: string, configuration = {}) =>
  mustHaveBindings("bindings", factsOf(version, configuration), bindings(observed), forms.flatMap(parsePublish));

test("ports that the engine chose are given back, for both families", () => {
  expect(judge("28.5.2", ["80"], "0.0.0.0:32768 :::32768")).toEqual([{ ipv4: 32768, ipv6: 32768 }]);
  expect(judge("28.5.2", ["127.0.0.1::80"], "127.0.0.1:32768")).toEqual([{ ipv4: 32768, ipv6: null }]);
});

test("before 27.0 the two families may have different numbers, since then not", () => {
  // Seen on 20.10.24 and 26.1.5.
  expect(judge("26.1.5", ["80"], "0.0.0.0:32775 :::32772")).toEqual([{ ipv4: 32775, ipv6: 32772 }]);
  expect(() => judge("28.5.2", ["80"], "0.0.0.0:32775 :::32772")).toThrow(Violation);
  expect(() => judge("26.1.5", ["8080:80"], "0.0.0.0:8080 :::32772")).toThrow(Violation);
});

test("a publication with its own port keeps it whatever the order", () => {
  const forms = ["80", "0.0.0.0:8080:80", "8081:80"];
  const observed = "0.0.0.0:8080 :::8081 0.0.0.0:8081 0.0.0.0:32768 :::32768";
  expect(judge("28.5.2", forms, observed)).toEqual([
    { ipv4: 32768, ipv6: 32768 },
    { ipv4: 8080, ipv6: null },
    { ipv4: 8081, ipv6: 8081 },
  ]);
});

test("without the userland proxy nothing may be published for IPv6", () => {
  expect(judge("28.5.2", ["80"], "0.0.0.0:32768", { "userland-proxy": false })).toEqual([{ ipv4: 32768, ipv6: null }]);
  expect(() => judge("28.5.2", ["80"], "0.0.0.0:32768 :::32768", { "userland-proxy": false })).toThrow(Violation);
});

test("a missing, a wrong and a superfluous binding are told with what was expected", () => {
  for (const observed of [
    "",
    "0.0.0.0:8081 :::8081",
    "127.0.0.1:8080",
    "0.0.0.0:8080",
    "0.0.0.0:8080 :::8080 0.0.0.0:9090",
  ]) {
    expect(() => judge("28.5.2", ["8080:80"], observed)).toThrow(/expected 0\.0\.0\.0:8080 and the same on ::/);
  }
});
