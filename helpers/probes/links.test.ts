import { expect, test } from "vitest";
import { type Evidence, ProbeFailed } from "../model/evidence.ts";
import { parseLinks } from "./links.ts";

function answer(...lines: readonly string[]): Evidence {
  return {
    vantage: "host",
    command: "",
    exitCode: 0,
    timedOut: false,
    stdout: `${lines.join("\n")}\n`,
    stderr: "",
    ms: 1,
  };
}

const DOCKER0 = "docker0 3 3 02:42:b0:ff:fe:c1 1500 0x1003 0 down 0 8000.0242b0fffec1 0 -";
const PORT = "veth5ab41c0 188 187 2e:67:1c:aa:00:51 1500 0x1303 1 up 0 - - docker0";

test("a bridge and its port, in the kernel's order", () => {
  expect(parseLinks(answer(PORT, DOCKER0))).toEqual([
    {
      name: "docker0",
      index: 3,
      peerIndex: 3,
      mac: "02:42:b0:ff:fe:c1",
      mtu: 1500,
      up: true,
      promiscuous: false,
      carrier: false,
      state: "down",
      queueLength: 0,
      master: null,
      bridge: { id: "8000.0242b0fffec1", stp: false },
    },
    expect.objectContaining({ name: "veth5ab41c0", index: 188, peerIndex: 187, master: "docker0", promiscuous: true }),
  ]);
});

test("an interface that goes away while it is read is left out, as seen on a busy host", () => {
  const dying = "vethb792e50 190 207 da:1a:69:91:1c:42 1500 0x1303 0 down - - - docker0";
  expect(parseLinks(answer(DOCKER0, dying)).map(({ name }) => name)).toEqual(["docker0"]);
});

test.each(["eth0 2", "eth0 2 2 02:42:ac:11:00:02 many 0x1003 1 up 0 - - -", `${PORT} more`])(
  "what can't be read is said: %s",
  (line) => {
    expect(() => parseLinks(answer(DOCKER0, line))).toThrow(ProbeFailed);
  },
);
