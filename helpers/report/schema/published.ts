import { z } from "zod";
import { results } from "./results.ts";

/** `docs/results.schema.json`: the shape of `results.json` for programs of others. */
export function publishedSchema(): object {
  return z.toJSONSchema(results, { target: "draft-2020-12", io: "output" });
}
