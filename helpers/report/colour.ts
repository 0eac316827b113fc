import { styleText } from "node:util";

export type Style = "red" | "green" | "yellow" | "bold" | "dim";
/** Gives the text a style, or leaves it alone where colour is not wanted. */
export type Paint = (style: Style, text: string) => string;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Colour is for terminals that know it (not `TERM=dumb`), and only where `NO_COLOR` (https://no-color.org) is unset or
 * empty. `FORCE_COLOR` decides before all that, as node itself has it: `0` never, anything else always.
 */
export function wantsColour(stream: { readonly isTTY?: boolean }, env: Environment): boolean {
  const forced = env.FORCE_COLOR ?? "";
  if (forced !== "") return forced !== "0" && forced !== "false";
  return knowsSequences(stream, env) && (env.NO_COLOR ?? "") === "";
}

/** Whether a line may be written over. */
export function knowsSequences(stream: { readonly isTTY?: boolean }, env: Environment): boolean {
  return stream.isTTY === true && env.TERM !== "dumb";
}

export function painter(colour: boolean): Paint {
  // The decision is taken by `wantsColour`; styleText must not take it again for stdout.
  return colour ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}
