import { expect, test } from "vitest";
import { shop } from "../audits/testing/shop.ts";
import { upstreamsOf } from "./upstreams.ts";

/** Name servers of a container on a network of its own, by what its resolv.conf says beside the engine's resolver. */
function asked(comment: string, dns: readonly string[] = [], configured: readonly string[] = []): string[] {
  const { containers, facts } = shop();
  const api = containers[1];
  if (api?.inside == null) throw new Error("the shop has an api");
  const inside = { ...api.inside, resolvConf: `nameserver 127.0.0.11\n${comment}options ndots:0\n` };
  const configuration = configured.length === 0 ? {} : { dns: [...configured] };
  return upstreamsOf({ ...api, inside, dns }, { ...facts, configuration });
}

test("Engine 26 and later say whom their resolver asks; a loopback server is the host's where they say so", () => {
  expect(asked("# ExtServers: [192.0.2.53]\n")).toEqual(["192.0.2.53"]);
  expect(asked("# ExtServers: [host(127.0.0.53) 192.0.2.53]\n")).toEqual(["127.0.0.53", "192.0.2.53"]);
  expect(asked("# ExtServers: [127.0.0.53]\n")).toEqual([]);
});

test("earlier ones ask what the container was given, else the daemon, else the host's servers", () => {
  expect(asked("", ["10.0.0.53"], ["10.0.0.54"])).toEqual(["10.0.0.53"]);
  expect(asked("", [], ["10.0.0.54"])).toEqual(["10.0.0.54"]);
});

test("a container on the default bridge asks for itself, and its own loopback is its own affair", () => {
  const { containers, facts } = shop();
  const web = containers[0];
  if (web?.inside == null) throw new Error("the shop has a web");
  expect(upstreamsOf(web, facts)).toEqual(["192.0.2.53"]);
  expect(upstreamsOf({ ...web, inside: { ...web.inside, resolvConf: "nameserver 127.0.0.1\n" } }, facts)).toEqual([]);
});
