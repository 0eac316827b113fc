/**
 * A function of a look or of a part of one that is computed the first time it is asked: audits ask the same of every
 * container and port. Looks are never changed once they are taken.
 */
export function once<Look extends object, Seen>(compute: (look: Look) => Seen): (look: Look) => Seen {
  const known = new WeakMap<Look, { readonly seen: Seen }>();
  return (look) => {
    const before = known.get(look);
    if (before !== undefined) return before.seen;
    const seen = compute(look);
    known.set(look, { seen });
    return seen;
  };
}
