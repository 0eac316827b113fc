/**
 * What `npx vitest` looks for. CommonJS on purpose: vite writes a configuration that is an ES module into `node_modules`
 * before it loads it, so that in a project that may not be written to nothing but vite's stack would be seen.
 */
module.exports = async () => (await import("./helpers/run/suites-config.ts")).default;
