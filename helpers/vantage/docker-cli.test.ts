import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROJECT_ROOT } from "../project-root.ts";
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

test("every container that a suite makes on the host under test says that it drops all capabilities", () => {
  // Those of a lab are made on hosts that are thrown away.
  const files = globSync("suites/**/*.test.ts", { cwd: PROJECT_ROOT }).filter((file) => !file.endsWith(".lab.test.ts"));
  const missing = files.flatMap((file) => {
    const text = readFileSync(join(PROJECT_ROOT, file), "utf8");
    const calls = text.split(/\b(?=createContainer\(\{|dockerCli(?:Answer)?\(\s*"(?:run|create)")/).slice(1);
    return calls
      .filter((call) => !/CapDrop: \["ALL"\]|\.\.\.own\b/.test(call.slice(0, 900)))
      .map((call) => `${file}: ${call.slice(0, 40)}`);
  });
  expect(files.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});
