import { isDeepStrictEqual } from "node:util";
import type { KeySince } from "../../model/history.ts";
import type { RunRecord } from "./record.ts";

/**
 * Since when each key is asked for as the newest run saw it; of keys that some run saw set. Runs that could not read the
 * configuration say nothing.
 * @param runs of one engine, oldest first
 */
export function keysSince(runs: readonly Pick<RunRecord, "startedAt" | "configuration">[]): Record<string, KeySince> {
  const readable = runs.flatMap(({ startedAt, configuration }) =>
    configuration === null ? [] : [{ startedAt, configuration }],
  );
  const now = readable.at(-1);
  if (now === undefined || runs.at(-1)?.configuration === null) return {};
  const keys = new Set(readable.flatMap(({ configuration }) => Object.keys(configuration)));
  return Object.fromEntries(
    [...keys].map((key): [string, KeySince] => {
      const last = readable.findLastIndex(
        ({ configuration }) => !isDeepStrictEqual(configuration[key], now.configuration[key]),
      );
      const first = readable[last + 1] ?? now;
      return [key, { seenSince: first.startedAt, otherwiseAt: readable[last]?.startedAt ?? null }];
    }),
  );
}
