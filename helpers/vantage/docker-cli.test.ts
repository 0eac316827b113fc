import { expect, test } from "vitest";
import { dockerEnvironment } from "./docker-cli.ts";

test("the docker command is given what leads to the engine, a home, and nothing else that is set", () => {
  const leading = {
    PATH: "/bin",
    HOME: "/h",
    DOCKER_CONFIG: "/h/.docker",
    DOCKER_HOST: "tcp://h:1",
    DOCKER_CERT_PATH: "/c",
  };
  const others = {
    DOCKER_CONTENT_TRUST: "1",
    DOCKER_DEFAULT_PLATFORM: "x",
    HTTP_PROXY: "x",
    NO_COLOR: "1",
    COLUMNS: "9",
  };
  expect(dockerEnvironment({ ...leading, ...others, LC_ALL: "de_DE.UTF-8" })).toEqual({
    ...leading,
    LC_ALL: "C.UTF-8",
    DOCKER_CLI_HINTS: "false",
  });
});
