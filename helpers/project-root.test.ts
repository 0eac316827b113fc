import { join } from "node:path";
import { expect, test } from "vitest";
import { CACHE_FOLDER, CODE, PROJECT_ROOT, USER_FOLDER } from "./project-root.ts";

// Of the package, whose files are JavaScript, scripts/try-package.ts shows the rest.
test("in a checkout reports and cache lie in the checkout, wherever one stands", () => {
  expect(CODE).toBe(".ts");
  expect(USER_FOLDER).toBe(PROJECT_ROOT);
  expect(CACHE_FOLDER).toBe(join(PROJECT_ROOT, ".cache"));
});
