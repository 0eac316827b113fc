import Dockerode from "dockerode";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dockerErrorOf } from "./docker-error.ts";
import { ENGINE_SOCKET } from "./testing/engine-proxy.ts";

const docker = new Dockerode({ socketPath: ENGINE_SOCKET });
const thrownBy = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );

describe("what the engine answers", () => {
  it("is read from the answer's JSON, not from dockerode's guess", async () => {
    expect(dockerErrorOf(await thrownBy(docker.getNetwork("no-such-net").inspect()))).toEqual({
      statusCode: 404,
      message: "network no-such-net not found",
    });
  });

  it("is found for streaming calls too, where dockerode leaves the JSON out", async () => {
    const call = docker.getContainer("no-such-container").logs({ follow: true, stdout: true });
    expect(dockerErrorOf(await thrownBy(call))).toEqual({
      statusCode: 404,
      message: "No such container: no-such-container",
    });
  });

  it("loses no word behind dockerode's prefix", () => {
    const status = fc.constantFrom(304, 400, 404, 409, 500);
    const reason = fc.constantFrom("no such container", "server error", "bad parameter", "unexpected");
    const message = fc.string({ minLength: 1 }).filter((text) => text.trim() !== "" && !isJson(text));
    fc.assert(
      fc.property(status, reason, message, (statusCode, reason, message) => {
        const error = Object.assign(new Error(`(HTTP code ${statusCode}) ${reason} - ${message} `), { statusCode });
        expect(dockerErrorOf(error)).toEqual({ statusCode, message: message.trim() });
      }),
    );
  });
});

describe("what the connection says", () => {
  it("keeps Node's code", async () => {
    expect(dockerErrorOf(await thrownBy(new Dockerode({ socketPath: "/no/such.sock" }).ping()))).toEqual({
      code: "ENOENT",
      message: "connect ENOENT /no/such.sock",
    });
  });

  it("names every address that was tried", () => {
    const errors = [new Error("connect ECONNREFUSED ::1:1"), new Error("connect ECONNREFUSED 127.0.0.1:1")];
    const error = Object.assign(new AggregateError(errors), { code: "ECONNREFUSED" });
    expect(dockerErrorOf(error)?.message).toBe("connect ECONNREFUSED ::1:1; connect ECONNREFUSED 127.0.0.1:1");
  });
});

it("is null for everything else, and never throws", () => {
  expect(dockerErrorOf(new Error("x is not a function"))).toBeNull();
  fc.assert(fc.property(fc.anything(), (thing) => dockerErrorOf(thing) === null));
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
