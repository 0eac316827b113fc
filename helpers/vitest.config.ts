import { defineConfig } from "vitest/config";

/** The tests of our own code; they say nothing about any engine's conformance. */
export default defineConfig({
  test: {
    name: "helpers",
    root: new URL("..", import.meta.url).pathname,
    include: ["helpers/**/*.test.ts", "scripts/**/*.test.ts"],
    // These need a browser: npm run check:page.
    exclude: ["helpers/**/*.chromium.test.ts"],
    testTimeout: 30_000,
  },
});
