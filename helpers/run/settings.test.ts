import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Dockerode from "dockerode";
import { expect, test } from "vitest";
import { EXIT } from "../engine/errors.ts";
import { ENGINE_SOCKET } from "../engine/testing/engine-proxy.ts";
import { scratch } from "../engine/testing/scratch.ts";
import { CAPTURE_HOST, factsOf } from "../model/captured/facts.ts";
import {
  readSettings,
  SETTINGS,
  settingsIn,
  trySettings,
  unfitSettings,
  unknownSettings,
  wrongSettings,
} from "./settings.ts";

const docker = new Dockerode({ socketPath: ENGINE_SOCKET });
const FACTS = factsOf("28.5.2");
const engine = { id: "A", name: "one", version: "28.5.2", apiVersion: "1.51" };

test("every example is right as it stands, but for the file and the folder of somebody's machine", async () => {
  const env = Object.fromEntries(SETTINGS.map(({ name, example }) => [name, example]));
  const { DNC_WAIVERS, DNC_REPORTS, DNC_METRICS, ...others } = env;
  expect(await wrongSettings(others)).toEqual([]);
  expect(DNC_METRICS).toBeDefined();
  expect(DNC_WAIVERS).toBeDefined();
  expect(DNC_REPORTS).toBeDefined();
});

test("an empty value is none", async () => {
  const env = Object.fromEntries(SETTINGS.map(({ name }) => [name, " "]));
  expect(settingsIn(env)).toEqual([]);
  await readSettings(env);
});

test.each([
  ["DNC_BUSYBOX_IMAGE", "busy box", "no image reference"],
  ["DNC_NGINX_IMAGE", "-x", "no image reference"],
  ["DNC_REGISTRY_MIRROR", "https://mirror.example", "it has a scheme"],
  ["DNC_REGISTRY_MIRROR", "u:p@mirror.example", "it has a user or a password"],
  ["DNC_REGISTRY_MIRROR", "nonsense", "is no registry"],
  ["DNC_REGISTRY_MIRROR", "mirror.example:99999", "is no registry"],
  ["DNC_REGISTRY_MIRROR", "mirror.example/UP PER", "its path is no part of an image's name"],
  ["DNC_SUBNETS", "239.0.0.0/8", "is multicast"],
  ["DNC_MACVLAN_PARENT", "an interface", "can't be the name of an interface"],
  ["DNC_MACVLAN_PARENT", "a-name-that-is-too-long", "can't be the name of an interface"],
  ["DNC_SECOND_HOST", "ftp://host", "no way to reach an engine"],
  ["DNC_SECOND_HOST", "tcp://ops:s3cret@host", "gives a user or a password"],
  ["DNC_LAB_ENGINES", "28.5,newest", '"newest" is no engine version'],
  ["DNC_METRICS", "/var/tmp/metrics.txt", "end with .prom"],
  ["DNC_METRICS", "/nowhere/metrics.prom", "there is no folder /nowhere"],
  ["DNC_REPORTS", "/proc/nowhere", "ENOENT"],
  ["DNC_REPORTS", "/etc/hostname", "(E"],
  ["DNC_WAIVERS", "/nowhere/waivers.json", "there is no such file"],
  ["DNC_WAIVERS", "/etc", "there is no such file"],
])("%s=%s is refused before anything starts", async (name, value, seen) => {
  const [complaint, ...more] = await wrongSettings({ [name]: value });
  expect(more).toEqual([]);
  expect(complaint).toMatchObject({ tried: expect.stringContaining(name), seen: expect.stringContaining(seen) });
  expect(complaint?.message).not.toContain("s3cret");
  expect([EXIT.usage, EXIT.notJudged]).toContain(complaint?.exitCode);
});

test("a file of waivers is read, and each id in it has to be a requirement's", async () => {
  const folder = await scratch();
  const waiver = { reason: "r", by: "b", until: "2099-01-31" };
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return { DNC_WAIVERS: join(folder, name) };
  };
  await readSettings(await file("good.json", JSON.stringify([{ ...waiver, id: "UDN-26" }])));
  const unknown = await wrongSettings(await file("unknown.json", JSON.stringify([{ ...waiver, id: "UDN-2600" }])));
  expect(unknown[0]).toMatchObject({ seen: expect.stringContaining("there is no requirement UDN-2600"), exitCode: 64 });
  const malformed = await wrongSettings(await file("malformed.json", "[{"));
  expect(malformed[0]).toMatchObject({ seen: expect.stringContaining("it is not JSON"), exitCode: 64 });
});

test("the folder for reports may be one that is still to be made", async () => {
  const folder = await scratch();
  await mkdir(join(folder, "a"));
  await readSettings({ DNC_REPORTS: join(folder, "a/b/c") });
});

test("a parent interface has to be one of the engine's host", async () => {
  const env = (value: string) => ({ DNC_MACVLAN_PARENT: value });
  const [link = { name: "" }] = CAPTURE_HOST.links;
  const at = { docker, engine, facts: FACTS };
  await trySettings(at, env(link.name));
  await trySettings(at, env(`${link.name}.50`));
  await trySettings({ docker, engine }, env("eno99"));
  const [complaint] = await unfitSettings(at, env("eno99"));
  expect(complaint).toMatchObject({ tried: expect.stringContaining("DNC_MACVLAN_PARENT=eno99"), exitCode: 2 });
  expect(complaint?.seen).toMatch(/no such interface; it has .*/);
});

test("the second host has to be another engine", async () => {
  const env = { DNC_SECOND_HOST: "tcp://127.0.0.1:2375" };
  await trySettings({ docker, engine, second: { ...engine, id: "B" } }, env);
  const [complaint] = await unfitSettings({ docker, engine, second: engine }, env);
  expect(complaint).toMatchObject({ seen: expect.stringContaining("the engine under test itself"), exitCode: 2 });
});

test("an image has to hold what the suites start in it, which a container of it shows", {
  timeout: 60_000,
}, async (ctx) => {
  const busybox = "docker-network-conformance/busybox:assembled";
  const has = await docker
    .getImage(busybox)
    .inspect()
    .then(
      () => true,
      () => false,
    );
  if (!has) ctx.skip("the engine has no assembled image");
  await trySettings({ docker, engine }, { DNC_BUSYBOX_IMAGE: busybox });
  const [complaint] = await unfitSettings({ docker, engine }, { DNC_NGINX_IMAGE: busybox });
  expect(complaint).toMatchObject({
    seen: expect.stringContaining("it lacks what the suites ask with: nginx"),
    exitCode: 2,
  });
});

test("a variable that is none of ours is remarked, with what was probably meant", () => {
  const notes = unknownSettings({
    DNC_WAIVER: "x",
    DNC_SUBNET: "x",
    DNC_NONSENSE: "x",
    DNC_SELECTION: "dns",
    PATH: "",
  });
  expect(notes.map(({ what, todo }) => `${what} ${todo}`)).toEqual([
    "DNC_WAIVER is set, which is no variable of this project and does nothing. Did you mean DNC_WAIVERS?",
    "DNC_SUBNET is set, which is no variable of this project and does nothing. Did you mean DNC_SUBNETS?",
    "DNC_NONSENSE is set, which is no variable of this project and does nothing. docs/guide/settings.md lists them.",
  ]);
});
