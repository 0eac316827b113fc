/** How a field of recorded data is altered. */
export const ALTERATIONS = ["changed", "emptied", "removed", "duplicated", "moved"] as const;
export type Alteration = (typeof ALTERATIONS)[number];

/** One field of recorded data altered in one place. Done in place and undone: what is judged must not change what it reads. */
export interface Mutant {
  /** The field whatever instance: `containers[].endpoints[].address`. */
  readonly field: string;
  readonly how: Alteration;
  /** The instance: `containers[3].endpoints[0].address`. */
  readonly at: string;
  /** Alters the data. @returns what undoes it */
  apply(): () => void;
}

type Holder = Record<string | number, unknown>;

/** A place that holds a value. */
interface Spot {
  readonly holder: Holder;
  readonly key: string | number;
  readonly at: string;
}

/**
 * Every field of recorded data, in each way in which its kind can be altered: a value is changed, emptied or moved to
 * another instance's place, an entry of a list removed, duplicated or moved. Nothing is listed by hand.
 * @param nameless the name of a key that stands for an instance (a device, an address) made the same for all
 */
export function mutantsOf(data: object, nameless: (key: string, parent: string) => string): Mutant[] {
  const spots = new Map<string, Spot[]>();
  const entries = new Map<string, Spot[]>();
  const walk = (value: unknown, field: string, at: string): void => {
    if (Array.isArray(value))
      value.forEach((entry, key) => {
        // An entry of a list is altered at its index, as a property at its name.
        const place = { holder: value as unknown as Holder, key, at: `${at}[${key}]` };
        into(entries, `${field}[]`, place);
        visit(entry, `${field}[]`, place);
      });
    else if (typeof value === "object" && value !== null)
      for (const [key, entry] of Object.entries(value)) {
        const name = `${field}${field === "" ? "" : "."}${nameless(key, field)}`;
        visit(entry, name, { holder: value as Holder, key, at: `${at}${at === "" ? "" : "."}${key}` });
      }
  };
  const visit = (value: unknown, field: string, place: Spot): void => {
    if (typeof value === "object" && value !== null) walk(value, field, place.at);
    else into(spots, field, place);
  };
  walk(data, "", "");
  return [
    ...[...spots].flatMap(([field, all]) => all.flatMap((spot) => ofValue(field, spot, all))),
    ...[...entries].flatMap(([field, all]) => all.flatMap((spot) => ofEntry(field, spot))),
  ];
}

function into(map: Map<string, Spot[]>, field: string, spot: Spot): void {
  const all = map.get(field);
  if (all === undefined) map.set(field, [spot]);
  else all.push(spot);
}

function ofValue(field: string, spot: Spot, all: readonly Spot[]): Mutant[] {
  const { holder, key, at } = spot;
  const old = holder[key];
  const set = (how: Alteration, value: unknown): Mutant[] =>
    value === undefined || value === old
      ? []
      : [
          {
            field,
            how,
            at,
            apply: () => {
              holder[key] = value;
              return () => {
                holder[key] = old;
              };
            },
          },
        ];
  const other = all.find((one) => one !== spot && !sameValue(one.holder[one.key], old));
  return [
    ...set("changed", changed(old)),
    ...set("emptied", emptied(old)),
    ...(other === undefined
      ? []
      : [
          {
            field,
            how: "moved" as const,
            at,
            apply: () => {
              const theirs = other.holder[other.key];
              holder[key] = theirs;
              other.holder[other.key] = old;
              return () => {
                holder[key] = old;
                other.holder[other.key] = theirs;
              };
            },
          },
        ]),
  ];
}

function ofEntry(field: string, { holder, key, at }: Spot): Mutant[] {
  const list = holder as unknown as unknown[];
  const index = Number(key);
  const before = [...list];
  const undo = (): void => void list.splice(0, list.length, ...before);
  const altered = (how: Alteration, alter: () => unknown): Mutant => ({
    field,
    how,
    at,
    apply: () => {
      alter();
      return undo;
    },
  });
  return [
    altered("removed", () => list.splice(index, 1)),
    altered("duplicated", () => list.push(structuredClone(before[index]))),
    ...(before.length > 1
      ? [altered("moved", () => list.splice((index + 1) % before.length, 0, ...list.splice(index, 1)))]
      : []),
  ];
}

function sameValue(one: unknown, other: unknown): boolean {
  return one === other || typeof one !== typeof other;
}

/** Another value of the same kind; undefined for null, whose other value nobody knows. */
function changed(value: unknown): unknown {
  switch (typeof value) {
    case "boolean":
      return !value;
    case "number":
      return value + 1;
    case "bigint":
      return value + 1n;
    case "string":
      return changedText(value);
    default:
      return undefined;
  }
}

function changedText(text: string): string {
  if (text === "0") return "1";
  if (text === "1") return "0";
  // The last number of an address, a range or a rule; else a letter more.
  const [, before = "", number = "", after = ""] = /^(.*?)(\d+)((?:\/\d+)?)$/s.exec(text) ?? [];
  return number === "" ? `${text}x` : `${before}${(Number(number) + 1) % 256}${after}`;
}

function emptied(value: unknown): unknown {
  return typeof value === "string" ? "" : typeof value === "number" ? 0 : undefined;
}
