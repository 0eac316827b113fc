import { styleText } from "node:util";

export type Style = "red" | "green" | "yellow" | "bold" | "dim";
/** Gives the text a style, or leaves it alone where colour is not wanted. */
export type Paint = (style: Style, text: string) => string;

/** Colour is for terminals, and only where `NO_COLOR` (https://no-color.org) is unset or empty. */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && (env.NO_COLOR ?? "") === "";
}

export function painter(colour: boolean): Paint {
  // The decision is taken by `wantsColour`; styleText must not take it again for stdout.
  return colour ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}
