import { UnreadableOutput } from "./unreadable-output.ts";

/** A cursor over the blank-separated words of one line; every expectation that fails throws {@link UnreadableOutput}. */
export class Words {
  readonly #parser: string;
  readonly #line: string;
  readonly #words: readonly string[];
  #next = 0;

  /**
   * @param parser named in errors (`ip addr`)
   * @param line quoted in errors
   * @param rest the part of the line to read; by default all of it
   */
  constructor(parser: string, line: string, rest: string = line) {
    this.#parser = parser;
    this.#line = line;
    this.#words = rest.split(/\s+/).filter((word) => word !== "");
  }

  get done(): boolean {
    return this.#next >= this.#words.length;
  }

  /** The next word, left in place; undefined at the end. */
  peek(): string | undefined {
    return this.#words[this.#next];
  }

  take(what: string): string {
    const word = this.#words[this.#next];
    if (word === undefined) return this.fail(`the ${what} is missing`);
    this.#next++;
    return word;
  }

  /** The next word as a non-negative integer. */
  integer(what: string): number {
    return this.toInteger(this.take(what), what);
  }

  toInteger(word: string, what: string): number {
    const value = Number(word);
    return /^\d+$/.test(word) && Number.isSafeInteger(value)
      ? value
      : this.fail(`the ${what} ${JSON.stringify(word)} is no number`);
  }

  fail(why: string): never {
    throw new UnreadableOutput(this.#parser, this.#line, why);
  }
}
