import { expect, test } from "vitest";
import { environmentOf } from "./second-engine.ts";

test("leads to the named engine and takes everything away that would lead elsewhere", () => {
  const env = {
    PATH: "/bin",
    DOCKER_HOST: "unix:///run/a.sock",
    DOCKER_CONTEXT: "other",
    DOCKER_TLS_VERIFY: "1",
    DOCKER_CERT_PATH: "/certs",
    DOCKER_TLS: "1",
  };
  expect(environmentOf("tcp://192.0.2.9:2375", env)).toEqual({ PATH: "/bin", DOCKER_HOST: "tcp://192.0.2.9:2375" });
});
