import type Dockerode from "dockerode";
import pLimit from "p-limit";
import type { EngineCall } from "../engine/call-log.ts";

/** A call with its place among the others: what it makes, changes and merely uses. */
interface PlannedCall {
  readonly call: EngineCall;
  /** Object whose state it changes: calls on it keep their order. */
  readonly owns: string | null;
  /** Objects that must be there meanwhile: networks of a container, the owner of a joined namespace. */
  readonly uses: readonly string[];
}

/** Calls that end with the run rather than with an answer of the engine, and those of the measurement's own set-up. */
const SKIPPED = /^\/(events|containers\/[^/]+\/wait)/;

/**
 * Makes the calls of a recorded run again, raw, with at most `concurrency` under way: as fast as the engine can do this
 * work for anybody. Order is kept where it matters: on one object, and between an object and what it needs.
 * @returns wall-clock milliseconds
 */
export async function replay(
  docker: Dockerode,
  calls: readonly EngineCall[],
  runId: string,
  newRunId: string,
  concurrency: number,
): Promise<number> {
  const turn = pLimit(concurrency);
  const ids = new Map<string, string>();
  const streams: NodeJS.ReadWriteStream[] = [];
  const changed = new Map<string, Promise<unknown>>();
  const used = new Map<string, Promise<unknown>[]>();
  const translate = (text: string): string => {
    let translated = text.replaceAll(runId, newRunId);
    for (const [before, after] of ids) translated = translated.replaceAll(before, after);
    return translated;
  };
  const started = performance.now();
  const all = plan(calls).map(({ call, owns, uses }) => {
    const before = [
      ...uses.map((object) => changed.get(object)),
      owns === null ? undefined : changed.get(owns),
      ...(owns === null ? [] : (used.get(owns) ?? [])),
    ];
    const done = Promise.all(before).then(() =>
      turn(async () => {
        const answer = await dial(docker, {
          ...call,
          path: translate(call.path),
          body: JSON.parse(translate(JSON.stringify(call.body ?? null))) as unknown,
        });
        if (call.createdId !== null && answer.id !== null) ids.set(call.createdId, answer.id);
        if (answer.stream !== null) streams.push(answer.stream);
      }),
    );
    if (owns !== null) changed.set(owns, done);
    for (const object of uses) used.set(object, [...(used.get(object) ?? []), done]);
    return done;
  });
  await Promise.all(all);
  const ms = performance.now() - started;
  for (const stream of streams) stream.end();
  return ms;
}

function plan(calls: readonly EngineCall[]): PlannedCall[] {
  const made = new Map<string, string>();
  for (const call of calls) if (call.createdId !== null) made.set(nameIn(call), call.createdId);
  const known = [...made].flatMap(([name, id]) =>
    name === "" ? [[id, id] as const] : [[name, id] as const, [id, id] as const],
  );
  return calls
    .filter((call) => !SKIPPED.test(call.path))
    .toSorted((a, b) => a.startedAt - b.startedAt)
    .map((call) => {
      const inPath = /^\/(containers|networks)\/([^/?]+)/.exec(call.path)?.[2] ?? "";
      const body = JSON.stringify(call.body ?? null);
      const mentioned = known.filter(([name]) => body.includes(name) || inPath === name).map(([, id]) => id);
      const target = call.createdId ?? made.get(inPath) ?? known.find(([, id]) => id === inPath)?.[1] ?? null;
      const attaches = /\/networks\/[^/]+\/(connect|disconnect)/.test(call.path);
      const container = attaches ? ((call.body as { Container?: string } | null)?.Container ?? null) : null;
      const owns = attaches ? container : call.method === "GET" ? null : target;
      return {
        call,
        owns,
        uses: [...new Set([...mentioned, ...(target === null ? [] : [target])])].filter((id) => id !== owns),
      };
    });
}

function nameIn(call: EngineCall): string {
  const body = call.body as { name?: string; Name?: string; _query?: { name?: string } } | null;
  return body?._query?.name ?? body?.name ?? body?.Name ?? "";
}

async function dial(
  docker: Dockerode,
  call: EngineCall,
): Promise<{ id: string | null; stream: NodeJS.ReadWriteStream | null }> {
  return await new Promise((resolve) => {
    docker.modem.dial(
      {
        path: call.path,
        method: call.method,
        options: call.body as object,
        isStream: call.streaming,
        hijack: call.streaming,
        openStdin: call.streaming,
        statusCodes: { 101: true, 200: true, 201: true, 204: true, 304: true },
      },
      // A call that the engine refused in the run is refused again: that is part of the work.
      (_error: unknown, data: unknown) => {
        const id =
          typeof data === "object" && data !== null && "Id" in data && typeof data.Id === "string" ? data.Id : null;
        resolve({
          id,
          stream: call.streaming && typeof data === "object" ? (data as NodeJS.ReadWriteStream | null) : null,
        });
      },
    );
  });
}
