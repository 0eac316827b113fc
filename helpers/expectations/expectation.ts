/**
 * One expected value, or the reason why none may be asserted.
 * `known: false` is for a suite to report, never to guess around.
 */
export type Expectation<T> =
  | { readonly known: true; readonly value: T; readonly why: string }
  | { readonly known: false; readonly why: string };

/** `value` must be observed; `why` names the setting or document it follows from. */
export function exactly<T>(value: T, why: string): Expectation<T> {
  return { known: true, value, why };
}

/** Anything may be observed; `why` says what makes it unknowable. */
export function anything(why: string): Expectation<never> {
  return { known: false, why };
}
