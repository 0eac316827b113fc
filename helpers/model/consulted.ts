import { AsyncLocalStorage } from "node:async_hooks";

/** What a judgement was made by, beside what it observed: why another run may judge otherwise. */
export interface Consulted {
  /** Networking keys of `daemon.json` whose value was asked for. */
  readonly keys: readonly string[];
  /** Switches of behaviour by which the engine's version was asked. */
  readonly switches: readonly string[];
  /** Names of the run's facts about the host. */
  readonly facts: readonly string[];
}

type Kind = keyof Consulted;
type Into = Readonly<Record<Kind, Set<string>>>;

const current = new AsyncLocalStorage<Into>();

/** Remembers that something was asked for; outside of a judgement it is dropped. */
export function consult(kind: Kind, name: string): void {
  current.getStore()?.[kind].add(name);
}

/**
 * Runs `body` and collects what it consults, also when it throws.
 * @returns what `body` gives, and a function that lists what was consulted so far, sorted
 */
export function consulting<T>(body: () => Promise<T>): { readonly done: Promise<T>; readonly list: () => Consulted } {
  const into: Into = { keys: new Set(), switches: new Set(), facts: new Set() };
  return {
    done: current.run(into, body),
    list: () => ({
      keys: [...into.keys].toSorted(),
      switches: [...into.switches].toSorted(),
      facts: [...into.facts].toSorted(),
    }),
  };
}

/** The same record, of which each property that is read counts as a consulted key. */
export function watchKeys<T extends object>(record: T): T {
  return new Proxy(record, {
    get(target, name, receiver) {
      if (typeof name === "string") consult("keys", name);
      return Reflect.get(target, name, receiver);
    },
    has(target, name) {
      if (typeof name === "string") consult("keys", name);
      return Reflect.has(target, name);
    },
  });
}
