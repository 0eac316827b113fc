import { enableCompileCache } from "node:module";
import { join } from "node:path";

// A fifth of a short run is node compiling the same modules again, here and in every worker.
const cache = join(import.meta.dirname, "../../.cache/compiled");
process.env.NODE_COMPILE_CACHE ??= cache;
enableCompileCache(process.env.NODE_COMPILE_CACHE);

// Imported only now: what is loaded before the cache is not in it.
const { runSuites } = await import("./run-suites.ts");
await runSuites();
