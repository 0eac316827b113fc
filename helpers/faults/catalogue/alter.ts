type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

/**
 * Alters one field of an answer or a request in place.
 * @param path names with dots between them, `*` for every key or item: `NetworkSettings.Networks.*.IPAddress`
 * @param change gives the new value; the old one, or undefined for a field that is not there, leaves it alone
 * @returns what a strike's `alter` wants: false where nothing was there to alter
 */
export function altered(path: string, change: (value: unknown, key: string) => unknown) {
  return (answer: unknown): boolean => alterAt(answer, path.split("."), change);
}

function alterAt(at: unknown, path: readonly string[], change: (value: unknown, key: string) => unknown): boolean {
  const [step, ...rest] = path;
  if (step === undefined || !isFields(at)) return false;
  const keys = step === "*" ? Object.keys(at) : [step];
  const done = keys.map((key) => {
    if (rest.length > 0) return alterAt(at[key], rest, change);
    const value = change(at[key], key);
    if (value === at[key]) return false;
    at[key] = value;
    return true;
  });
  return done.includes(true);
}

/** Several alterations of one answer: altered where one of them has something to alter. */
export function together(...alterations: readonly ((answer: unknown) => boolean)[]) {
  return (answer: unknown): boolean => alterations.map((alter) => alter(answer)).includes(true);
}

/** Another value for a field that is there and says something. */
export function instead(other: unknown) {
  return (value: unknown): unknown => (value === undefined || value === "" ? value : other);
}

/** Another value for a field whether it is there or not. */
export function always(other: unknown) {
  return (): unknown => other;
}

/** One key of an object set, whose name may have dots in it. */
export function withKey(key: string, other: unknown) {
  return (value: unknown): unknown => (isFields(value) ? { ...value, [key]: other } : value);
}

/** One key of an object taken away, where it is. */
export function withoutKey(key: string) {
  return (value: unknown): unknown =>
    isFields(value) && key in value
      ? Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
      : value;
}

/** Only where a field of the whole answer has this value, as in `Name` is `bridge`. */
export function where(field: string, is: unknown, alter: (answer: unknown) => boolean) {
  return (answer: unknown): boolean => isFields(answer) && answer[field] === is && alter(answer);
}

/** The address after this one; anything but an IPv4 address, with or without prefix, stays. */
export function nextAddress(value: unknown): unknown {
  if (typeof value !== "string") return value;
  return value.replace(
    /^(\d+\.\d+\.\d+\.)(\d+)/,
    (_, net: string, host: string) => `${net}${(Number(host) + 64) % 255}`,
  );
}
