import type Dockerode from "dockerode";
import pLimit from "p-limit";
import { idIn } from "../engine/json-body.ts";
import { type EngineCall, isWait } from "./recording.ts";

/** A call with its place among the others: what it makes, changes and merely uses. */
interface PlannedCall {
  readonly call: EngineCall;
  /** Object whose state it changes: calls on it keep their order. */
  readonly owns: string | null;
  /** Objects that must be there meanwhile: networks of a container, the owner of a joined namespace. */
  readonly uses: readonly string[];
}

/** A finished replay. */
interface Replay {
  /** Wall-clock milliseconds. */
  readonly ms: number;
  /** Calls that were refused now and not then, or the other way round. Many of them: not the same work. */
  readonly different: readonly EngineCall[];
}

/** How long a stream's request may take to be under way. */
const STREAM_OPENS_MS = 20;

/**
 * Makes the calls of a recorded run again, raw, with at most `concurrency` under way: as fast as the engine can do this
 * work for anybody. Order is kept where it matters: on one object, and between an object and what it needs.
 */
export async function replay(
  docker: Dockerode,
  calls: readonly EngineCall[],
  runId: string,
  newRunId: string,
  concurrency: number,
): Promise<Replay> {
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
  const different: EngineCall[] = [];
  const started = performance.now();
  const all = plan(removable(calls)).map(({ call, owns, uses }) => {
    const before = [
      ...uses.map((object) => changed.get(object)),
      owns === null ? undefined : changed.get(owns),
      ...(owns === null ? [] : (used.get(owns) ?? [])),
    ];
    const done = Promise.all(before).then(() =>
      turn(async () => {
        const answer = await dial(
          docker,
          {
            ...call,
            path: translate(call.path),
            body: JSON.parse(translate(JSON.stringify(call.body ?? null))) as unknown,
          },
          streams,
        );
        if (call.createdId !== null && answer.id !== null) ids.set(call.createdId, answer.id);
        if (answer.refused !== (call.statusCode !== 200)) different.push(call);
      }),
    );
    if (owns !== null) changed.set(owns, done);
    for (const object of uses) used.set(object, [...(used.get(object) ?? []), done]);
    return done;
  });
  await Promise.all(all);
  const ms = performance.now() - started;
  for (const stream of streams) stream.end();
  return { ms, different };
}

/**
 * The calls without networks that are configurations, and what is made from them. Engine 20.10 never removes a
 * configuration again where a network that is made from it is removed in the meantime ("is in use"; seen in 20 of 25 tries).
 */
export function removable(calls: readonly EngineCall[]): readonly EngineCall[] {
  const left = new Set(
    calls.flatMap((call) => {
      const { ConfigOnly, ConfigFrom } = (call.body ?? {}) as { ConfigOnly?: boolean; ConfigFrom?: object };
      return ConfigOnly === true || ConfigFrom !== undefined ? [nameIn(call), call.createdId ?? ""] : [];
    }),
  );
  left.delete("");
  const named = ({ path, body }: EngineCall): boolean =>
    [...left].some((one) => path.includes(one) || JSON.stringify(body ?? null).includes(one));
  return left.size === 0 ? calls : calls.filter((call) => !named(call));
}

function plan(calls: readonly EngineCall[]): PlannedCall[] {
  const made = new Map<string, string>();
  for (const call of calls) if (call.createdId !== null) made.set(nameIn(call), call.createdId);
  // What a container was created with (its networks, whose namespace it joins) must be there for each of its later calls.
  const needs = new Map<string, readonly string[]>();
  const known = [...made].flatMap(([name, id]) =>
    name === "" ? [[id, id] as const] : [[name, id] as const, [id, id] as const],
  );
  return calls
    .filter((call) => !isWait(call))
    .toSorted((a, b) => a.startedAt - b.startedAt)
    .map((call) => {
      const inPath = /^\/(containers|networks)\/([^/?]+)/.exec(call.path)?.[2] ?? "";
      const body = JSON.stringify(call.body ?? null);
      const mentioned = known.filter(([name]) => body.includes(name) || inPath === name).map(([, id]) => id);
      const target = call.createdId ?? made.get(inPath) ?? known.find(([, id]) => id === inPath)?.[1] ?? null;
      const attaches = /\/networks\/[^/]+\/(connect|disconnect)/.test(call.path);
      const named = attaches ? ((call.body as { Container?: string } | null)?.Container ?? null) : null;
      const container = named === null ? null : (made.get(named) ?? named);
      const owns = attaches ? container : call.method === "GET" ? null : target;
      if (call.createdId !== null) needs.set(call.createdId, mentioned);
      // A network that is connected later is needed from then on.
      else if (attaches && container !== null && target !== null)
        needs.set(container, [...(needs.get(container) ?? []), target]);
      const inherited = [target, owns].flatMap((id) => (id === null ? [] : (needs.get(id) ?? [])));
      return {
        call,
        owns,
        uses: [...new Set([...mentioned, ...inherited, ...(target === null ? [] : [target])])].filter(
          (id) => id !== owns,
        ),
      };
    });
}

function nameIn(call: EngineCall): string {
  const body = call.body as { name?: string; Name?: string; _query?: { name?: string } } | null;
  return body?._query?.name ?? body?.name ?? body?.Name ?? "";
}

interface Answer {
  readonly id: string | null;
  readonly refused: boolean;
}

/** Makes one call. A stream is answered when its container speaks or ends, perhaps never: it is not waited for. */
async function dial(docker: Dockerode, call: EngineCall, streams: NodeJS.ReadWriteStream[]): Promise<Answer> {
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
      (error: unknown, data: unknown) => {
        if (call.streaming && error === null) streams.push(data as NodeJS.ReadWriteStream);
        resolve({ id: idIn(data), refused: error !== null });
      },
    );
    if (call.streaming) setTimeout(() => resolve({ id: null, refused: false }), STREAM_OPENS_MS);
  });
}
