import { isIP } from "node:net";
import { dataWithoutCredentials, withoutCredentials } from "../model/credentials.ts";

/** Names that say nothing of whose host it is. */
const ORDINARY: ReadonlySet<string> = new Set([
  "",
  "bridge",
  "host",
  "none",
  "docker0",
  "docker_gwbridge",
  "ingress",
  "localhost",
  "root",
]);

/** Addresses that are every host's. */
const EVERYBODYS = /^(0\.0\.0\.0|127\.\d+\.\d+\.\d+|::|::1)$/;

const ADDRESS =
  /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)|(?<![\w.:])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:])/g;

/** What somebody wrote beside a rule of a packet filter: it may name anything. */
const COMMENT = /(--comment |\bcomment (?="))(?:"(?:[^"\\]|\\.)*"|[^\s"]+)/g;

/** A hardware address; the engine makes those of containers out of their IPv4 addresses. */
const MAC = /(?<![\w:])[0-9a-f]{2}(?::[0-9a-f]{2}){5}(?![\w:])/gi;
const EVERYBODYS_MAC = /^(?:00:00:00:00:00:00|ff:ff:ff:ff:ff:ff)$/i;

/** Hosts of addresses that this project itself tells. */
const PUBLIC_HOSTS =
  /^(?:dnc|reproduce)-|(?:^|\.)(?:docker\.com|docker\.io|github\.com|rfc-editor\.org|kernel\.org|json-schema\.org)$/;
const URL_HOST = /([a-z][a-z0-9+.-]*:\/\/(?:[^\s/@"'`]*@)?)([A-Za-z0-9][\w.-]*)/g;

/** Of an error of the Go runtime: `lookup db.example on 192.0.2.53:53: no such host`. */
const LOOKED_UP = /(\blookup )([A-Za-z0-9][\w-]*(?:\.[\w-]+)+)/g;

/**
 * Replaces names and addresses by stand-ins, each by the same one wherever it is told, so that what belongs together still
 * does. Credentials go without a stand-in.
 */
export class Redactor {
  readonly #names = new Map<string, string>();
  readonly #addresses = new Map<string, string>();
  #pattern: RegExp | null = null;

  /** Has a name replaced from now on. @param kind what its stand-in says that it is */
  give(kind: string, name: string | null | undefined): void {
    if (name == null || ORDINARY.has(name) || this.#names.has(name)) return;
    this.#names.set(name, this.#standIn(this.#names, kind));
    this.#pattern = null;
  }

  /** Finds every known name. */
  #namesPattern(): RegExp {
    if (this.#pattern === null) {
      // The longest first: `shop-web-1` is not `shop` with something behind it.
      const known = [...this.#names.keys()].toSorted((a, b) => b.length - a.length);
      this.#pattern = new RegExp(`(?<![\\w.-])(?:${known.map(escaped).join("|")})(?![\\w-])`, "g");
    }
    return this.#pattern;
  }

  /** The text with stand-ins. */
  hide(text: string): string {
    return this.#withoutNames(text)
      .replaceAll(COMMENT, "$1…")
      .replaceAll(ADDRESS, (address) =>
        isIP(address) === 0 || EVERYBODYS.test(address) ? address : this.#address("address", address),
      )
      .replaceAll(MAC, (mac) => (EVERYBODYS_MAC.test(mac) ? mac : this.#address("mac", mac.toLowerCase())));
  }

  /** The text of a script without names, with its addresses: without them it would do nothing. */
  hideNames(text: string): string {
    return this.#withoutNames(text);
  }

  /**
   * Plain data with stand-ins in all of its texts and keys.
   * @param words keys whose texts are of a fixed choice: a network may be called `right` as well
   */
  hideData<T>(data: T, words: ReadonlySet<string> = new Set()): T {
    return JSON.parse(JSON.stringify(dataWithoutCredentials(data)), (key, value: unknown) => {
      if (typeof value === "string") return words.has(key) ? value : this.hide(value);
      if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [this.hide(key), member as unknown]));
    }) as T;
  }

  #withoutNames(text: string): string {
    const withoutHost = (whole: string, before: string, host: string): string => {
      if (isIP(host) !== 0 || PUBLIC_HOSTS.test(host) || ORDINARY.has(host)) return whole;
      this.give("server", host);
      return `${before}${this.#names.get(host) ?? host}`;
    };
    const open = withoutCredentials(text).replaceAll(URL_HOST, withoutHost).replaceAll(LOOKED_UP, withoutHost);
    if (this.#names.size === 0) return open;
    return open.replaceAll(this.#namesPattern(), (name) => this.#names.get(name) ?? name);
  }

  #address(kind: string, address: string): string {
    const stand = this.#addresses.get(address) ?? this.#standIn(this.#addresses, kind);
    this.#addresses.set(address, stand);
    return stand;
  }

  #standIn(among: ReadonlyMap<string, string>, kind: string): string {
    return `${kind}-${[...among.values()].filter((one) => one.startsWith(`${kind}-`)).length + 1}`;
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
