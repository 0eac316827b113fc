/** What stands in the place of something hidden. */
const HIDDEN = "…";

/** What ends an address in running text, in JSON or in a shell's words. */
const END = "\\s\"'`<>";

/**
 * The part of an address before its `@`. By RFC 3986 it has no `/`; but who writes a password into an address by hand
 * doesn't encode it, so after `name:` anything goes up to the last `@`, unless a port and a path follow.
 */
const USERINFO = new RegExp(
  `([a-z][a-z0-9+.-]*)://((?:[^${END}:/?#]*:(?!\\d+(?:[/?#]|$))[^${END}]*)|[^${END}/?#]*)@`,
  "gi",
);

/** `Authorization: Bearer x`, `X-Registry-Auth: x`, as a header or as JSON. */
const HEADER =
  /\b((?:proxy-)?authorization|x-registry-(?:auth|config))(["']?\s*[:=]\s*["']?)(?:(?:basic|bearer|negotiate)\s+)?[^\s"',;]+/gi;

const SECRET =
  "(?:[\\w.]+[-_.])*(?:passw(?:or)?d|passphrase|secret|token|credentials?|api[-_]?key|access[-_]?key)(?:[-_.][\\w.]+)*";

/** `"splunk-token": "x"`, `DB_PASSWORD=x`: the name says that the value is nobody's business. Not `no password: …`. */
const NAMED = new RegExp(`(${SECRET})(=\\\\?["']?|\\\\?["']\\s*[:=]\\s*\\\\?["']?|:(?=\\S))([^\\s"',;&}\\\\]+)`, "gi");
const SECRET_NAME = new RegExp(`^${SECRET}$`, "i");

/**
 * The text without what opens doors: user information of addresses, authorization headers, values whose names say
 * password, token or secret. The user of an ssh address stays: it is no secret, and needed to understand the text.
 */
export function withoutCredentials(text: string): string {
  return text
    .replace(USERINFO, (_, scheme: string, userinfo: string) => {
      const user = userinfo.split(":", 1)[0] ?? "";
      if (scheme.toLowerCase() !== "ssh") return `${scheme}://${HIDDEN}@`;
      return userinfo === user ? `${scheme}://${user}@` : `${scheme}://${user}:${HIDDEN}@`;
    })
    .replace(HEADER, `$1$2${HIDDEN}`)
    .replace(NAMED, `$1$2${HIDDEN}`);
}

/** Plain data with {@link withoutCredentials} applied to every text in it; values whose names say secret are hidden whole. */
export function dataWithoutCredentials<T>(data: T): T {
  return hidden(data) as T;
}

function hidden(value: unknown): unknown {
  if (typeof value === "string") return withoutCredentials(value);
  if (Array.isArray(value)) return value.map(hidden);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      withoutCredentials(name),
      typeof member === "string" && member !== "" && SECRET_NAME.test(name) ? HIDDEN : hidden(member),
    ]),
  );
}
