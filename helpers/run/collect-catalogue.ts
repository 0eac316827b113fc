import { createVitest } from "vitest/node";
import { PROJECT_ROOT } from "../project-root.ts";
import type { IndexedRequirement } from "./catalogue-index.ts";
import { entryOf } from "./reporter.ts";

/** Every requirement, read from the suites by collecting their tests; nothing is run and no engine is needed. */
export async function collectCatalogue(): Promise<IndexedRequirement[]> {
  const vitest = await createVitest("test", {
    root: PROJECT_ROOT,
    watch: false,
    reporters: [],
    globalSetup: [],
  });
  try {
    const { testModules, unhandledErrors } = await vitest.collect([], { staticParse: false });
    const broken = [
      ...testModules.flatMap((module) =>
        module.errors().map((error) => `${module.relativeModuleId}: ${error.message}`),
      ),
      ...unhandledErrors.map(String),
    ];
    if (broken.length > 0) throw new Error(`the suites can't be read: ${broken.join("; ")}`);
    const entries = testModules.flatMap((module) =>
      [...module.children.allTests()].flatMap((test) => {
        const { requirement, demand } = test.meta();
        if (requirement === undefined) return [];
        return [{ ...entryOf(requirement, module), ...demand }];
      }),
    );
    return entries.toSorted((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));
  } finally {
    await vitest.close();
  }
}
