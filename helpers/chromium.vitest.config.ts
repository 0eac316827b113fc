import { defineConfig } from "vitest/config";

/** The tests of the report's page in a real browser (`npm run check:page`); they fail where there is no Chromium. */
export default defineConfig({
  test: {
    name: "page",
    root: new URL("..", import.meta.url).pathname,
    include: ["helpers/**/*.chromium.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
