import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { PREFLIGHT, type PreflightFinding, parsePreflight } from "./preflight.ts";

const SCRIPT = readFileSync(PREFLIGHT, "utf8");
const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true });
});

/** A machine as the script may see it: files by path, and a dockerd of this version that is content with each file. */
function machine(files: Readonly<Record<string, string>>, version = "28.5.2", routes = ""): NodeJS.ProcessEnv {
  const root = mkdtempSync(join(tmpdir(), "preflight-"));
  made.push(root);
  const all = { "/etc/os-release": "ID=debian\nPRETTY_NAME=Test\n", ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  mkdirSync(join(root, "bin"));
  const programs = {
    dockerd: `#!/bin/sh\n[ "$1" = --version ] && echo "Docker version ${version}, build x"\nexit 0\n`,
    systemctl: "#!/bin/sh\nexit 1\n",
    // Its routes and no firewalld, whatever the machine has on which this runs.
    ip: `#!/bin/sh\ncase "$*" in *route*) echo "${routes}" ;; esac\n`,
    "firewall-cmd": "#!/bin/sh\nexit 1\n",
  };
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(root, "bin", name), text);
    chmodSync(join(root, "bin", name), 0o755);
  }
  return { ...process.env, PREFLIGHT_ROOT: root, PATH: `${join(root, "bin")}:${process.env.PATH}` };
}

const SHELL = "sh";

/** What stands in the way there; without what only root can see, so that the tests say the same for every user. */
function inTheWay(env: NodeJS.ProcessEnv, shell: readonly string[] = [SHELL]): PreflightFinding[] {
  const [program = SHELL, ...words] = shell;
  const { stdout, stderr } = spawnSync(program, [...words, PREFLIGHT, "--json"], { env, encoding: "utf8" });
  expect(stderr).toBe("");
  return parsePreflight(stdout).findings.filter(({ id }) => !/^(root|kernel|iptables)/.test(id));
}
const ids = (env: NodeJS.ProcessEnv) => inTheWay(env).map(({ id }) => id);
const FILE = "/etc/docker/daemon.json";

/** Before what is wrong with a text: no JSON holds it. */
const WRONG = "\u0001";

describe("the reader of JSON", () => {
  const program = /^READ_JSON='([\s\S]*?)^}'/m.exec(SCRIPT)?.[1];
  const read = (text: string, tolerant: boolean) =>
    execFileSync("awk", ["-v", `tolerant=${tolerant ? 1 : 0}`, `${program}}`], { input: text, encoding: "utf8" });

  test("takes what JSON.parse takes", () => {
    const json = fc.json({ maxDepth: 3 }).filter((text) => !/[^ -~]/.test(text));
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 1, 2), (text, indent) => {
        expect(read(JSON.stringify(JSON.parse(text), null, indent), false)).not.toContain(WRONG);
      }),
      { numRuns: 25 },
    );
  });

  test("refuses what JSON.parse refuses", () => {
    const cut = fc.json({ maxDepth: 2 }).filter((text) => /^[[{]/.test(text) && !/[^ -~]/.test(text));
    fc.assert(
      fc.property(cut, fc.nat(), (text, at) => {
        const shorter = text.slice(0, 1 + (at % (text.length - 1)));
        expect(read(shorter, false)).toContain(`${WRONG}line `);
      }),
      { numRuns: 25 },
    );
  });

  test.each([
    ['{"bip": "10.9.0.1/24",}', 'line 1, column 23: a key in double quotes is expected, not "}"'],
    ['{\n  "a": 1\n  "b": 2\n}', 'line 3, column 3: "," or "}" is expected, not """'],
    ['{"a": True}', "line 1, column 7: a value is expected, not True"],
    ["{'a': 1}", 'line 1, column 2: a key in double quotes is expected, not "\'"'],
    ['{"a": "b\nc"}', "line 1, column 9: a string does not end on its line, or holds a control character"],
    ['{"a": 01}', "line 1, column 7: a value is expected, not 01"],
    ['{"a": 1', 'line 2, column 1: "," or "}" is expected, not the end of the file'],
  ])("%s", (text, wrong) => {
    expect(read(text, false).trimEnd().split("\n").at(-1)).toBe(`${WRONG}${wrong}`);
  });

  test("prints each scalar with its path", () => {
    const text = '{"bip": "10.9.0.1/24", "default-address-pools": [{"base": "10.0.0.0/8", "size": 24}], "icc": false}';
    expect(read(text, false).trimEnd().split("\n").slice(1)).toEqual([
      "bip\tstring\t10.9.0.1/24",
      "default-address-pools.0.base\tstring\t10.0.0.0/8",
      "default-address-pools.0.size\tnumber\t24",
      "icc\tfalse\tfalse",
    ]);
  });
});

/** What real dockerds said of files; "" where they got past the file. */
const captured = (version: string): { readonly text: string; readonly refusal: string }[] =>
  JSON.parse(readFileSync(new URL(`../configuration/captured/dockerd-${version}.json`, import.meta.url), "utf8"));
/** Of the syntax, not of a key or of a value: those are for `dockerd --validate`. */
const OF_SYNTAX =
  /: (invalid JSON: )?(EOF|unexpected E|invalid character|json: cannot unmarshal \w+ into Go value of type map)/;

describe.each(["20.10.24", "28.5.2"])("dockerd %s", (version) => {
  const cases = captured(version);
  const some = cases.filter(({ refusal }, index) => OF_SYNTAX.test(refusal) || (refusal === "" && index % 12 === 0));
  test.each(some)("$text: $refusal", { timeout: 20_000 }, ({ text, refusal }) => {
    const found = ids(machine({ [FILE]: text }, version)).filter((id) => id === "daemon-json");
    expect(found).toEqual(OF_SYNTAX.test(refusal) ? ["daemon-json"] : []);
  });
});

test.each([
  ["an address without its prefix", '{"bip": "10.9.0.1"}', ["bip"]],
  ["the network's own address", '{"bip": "10.9.0.0/24"}', ["bip"]],
  ["an address", '{"bip": "10.9.0.1/24"}', []],
  ["an address of docker0 and a bridge", '{"bip": "10.9.0.1/24", "bridge": "none"}', ["bip-and-bridge"]],
  ["a bridge that is not there", '{"bridge": "br0"}', ["bridge-missing"]],
  ["no bridge at all", '{"bridge": "none"}', []],
  ["a pool that is too small", '{"default-address-pools": [{"base": "10.0.0.0/24", "size": 16}]}', ["address-pool"]],
  ["a pool", '{"default-address-pools": [{"base": "10.0.0.0/16", "size": 24}]}', []],
  ["icc without iptables", '{"icc": false, "iptables": false}', ["icc-without-iptables"]],
  ["a nameserver by name", '{"dns": ["9.9.9.9", "dns.google", "2620:fe::fe"]}', ["dns"]],
  ["IPv6 since 28", '{"ipv6": true}', []],
])("daemon.json with %s", (_what, text, found) => {
  expect(ids(machine({ [FILE]: text }))).toEqual(found);
});

describe("routes of the host", () => {
  const via = (...routes: string[]) => routes.join("\n");
  const everywhere = via(
    ...Array.from({ length: 15 }, (_, index) => `172.${17 + index}.0.0/16 dev lan scope link`),
    "192.168.0.0/16 dev lan scope link",
  );
  const [LAN, VPN] = ["10.9.0.0/16 dev lan scope link", "10.9.0.0/16 via 192.0.2.1 dev lan"];

  test.each([
    ["docker0's range over one of the host's own", '{"bip": "10.9.5.1/24"}', LAN, ["bip-overlap"]],
    ["one behind a gateway", '{"bip": "10.9.5.1/24"}', VPN, []],
    ["another range", '{"bip": "10.10.5.1/24"}', via("default via 192.0.2.1 dev lan", LAN), []],
    ["docker0's own, from an earlier start", '{"bip": "10.9.5.1/24"}', "10.9.5.0/24 dev docker0 scope link", []],
    ["over every pool", "{}", everywhere, ["address-pools-used"]],
    ["over all but one", "{}", everywhere.replace("172.30.0.0/16", "172.30.0.0/32"), ["address-pools-used"]],
    ["over all but some", "{}", everywhere.replace("192.168.0.0/16", "192.168.0.0/17"), []],
    ["over the pool", '{"default-address-pools": [{"base": "10.9.8.0/22", "size": 24}]}', LAN, ["address-pools-used"]],
    ["beside the pool", '{"default-address-pools": [{"base": "10.8.0.0/15", "size": 24}]}', LAN, []],
  ])("%s", (_what, text, routes, found) => {
    expect(ids(machine({ [FILE]: text }, "28.5.2", routes))).toEqual(found);
  });
});

test.each([
  ["0 in the last file that is read", { "10-a": "1", "99-z": "0" }, ["forwarding-off-in-file"]],
  ["0 in a file that another one overrules", { "10-a": "0", "99-z": "1" }, []],
])("forwarding is %s", (_what, values, found) => {
  const files = Object.entries(values).map(([name, value]) => [
    `/etc/sysctl.d/${name}.conf`,
    `net.ipv4.ip_forward = ${value}\n`,
  ]);
  expect(ids(machine(Object.fromEntries(files)))).toEqual(found);
});

test("before 28.0 IPv6 needs its subnet", () => {
  expect(ids(machine({ [FILE]: '{"ipv6": true}' }, "26.1.5"))).toEqual(["fixed-cidr-v6"]);
});

test("what stands in the flags and in the file is told, of whichever name the flag has", () => {
  const files = { "/etc/default/docker": 'DOCKER_OPTS="-H unix:///var/run/docker.sock --dns 9.9.9.9"\n' };
  const text = '{"hosts": ["unix:///var/run/docker.sock"], "dns": ["1.1.1.1"], "mtu": 1400}';
  const found = inTheWay(machine({ ...files, [FILE]: text }));
  expect(found.map(({ id, what }) => `${id} ${what.split(" ")[0]}`)).toEqual([
    'flag-and-file "dns"',
    'flag-and-file "hosts"',
  ]);
});

describe("dockerd's last words", () => {
  const info = (msg: string) => `time="2026-11-27T22:10:01Z" level=info msg="${msg}"\n`;
  const LOG = "/var/log/dockerd.log";

  test("are told where nothing else is found, over several lines", () => {
    const log = `${info("Starting up")}failed to start daemon: it failed: iptables -t nat -N DOCKER: no such thing\n (exit status 3)\n${info("stopping")}`;
    const [found, ...others] = inTheWay(machine({ [LOG]: log }));
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      level: "blocks",
      id: "last-words",
      seen: "failed to start daemon: it failed: iptables -t nat -N DOCKER: no such thing (exit status 3)",
    });
  });

  test("of an earlier start are none", () => {
    const log = `failed to start daemon: x\n${info("Starting up")}${info("API listen on /var/run/docker.sock")}${info("stopped")}`;
    expect(ids(machine({ [LOG]: log }))).toEqual([]);
  });

  test("stand beside a cause, and are no second one", () => {
    const env = machine({ [LOG]: "failed to start daemon: parse bip failed\n", [FILE]: '{"bip": "10.9.0.1"}' });
    const { stdout } = spawnSync(SHELL, [PREFLIGHT, "--json"], { env, encoding: "utf8" });
    const { findings, lastWords } = parsePreflight(stdout);
    expect(findings.map(({ id }) => id)).not.toContain("last-words");
    expect(lastWords).toBe("failed to start daemon: parse bip failed");
  });
});

test.each([
  [["--jsno"], 64],
  [["--config-file"], 64],
  [["--help"], 0],
])("%j ends with exit code %i", (args, code) => {
  expect(spawnSync(SHELL, [PREFLIGHT, ...args]).status).toBe(code);
});

test("another file is judged in place of dockerd's own", () => {
  const env = machine({ [FILE]: "{}", "/root/new.json": "{" });
  const { status, stdout } = spawnSync(SHELL, [PREFLIGHT, "--config-file", "/root/new.json"], {
    env,
    encoding: "utf8",
  });
  expect(stdout).toContain("/root/new.json is no JSON");
  expect(status).toBe(1);
});

const runs = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;

test.each([["dash"], ["busybox", "sh"], ["bash", "--posix"]])("%s %s says the same", (...shell) => {
  if (!runs(shell[0] ?? "", ...shell.slice(1), "-c", "true")) return;
  const env = machine({ [FILE]: '{"bip": "10.9.0.0/24", "mtu": 1400}' });
  expect(inTheWay(env, shell)).toEqual(inTheWay(env));
});

test.skipIf(!runs("shellcheck", "--version"))("shellcheck has nothing to say", () => {
  expect(spawnSync("shellcheck", ["-s", "sh", PREFLIGHT], { encoding: "utf8" }).stdout).toBe("");
});

test.each(["", "sh: 1: not found", "[]", '{"verdict": "fine", "findings": [], "lastWords": ""}'])(
  "%j is no answer of it",
  (text) => {
    expect(() => parsePreflight(text)).toThrow("preflight.sh gave no answer");
  },
);
