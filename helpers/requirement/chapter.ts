import type { Given } from "./given.ts";
import { requirement } from "./requirement.ts";
import type { RequirementSpec } from "./requirement-spec.ts";
import type { Session } from "./session.ts";

/** What several requirements have in common beside what they start from. */
type Common = Partial<Omit<RequirementSpec, "must">>;

/** What one of them still has to say. */
type Own<C extends Common> = Omit<RequirementSpec, "from"> &
  (C extends Pick<RequirementSpec, "from"> ? Common : Pick<RequirementSpec, "from">);

/**
 * What requirements that start from the same have in common, said once. What one of them says itself stands in place of it.
 * @returns declares one of these requirements, as `requirement` does
 */
export function chapter<T, C extends Common>({ given, ...common }: C & { readonly given: Given<T> }) {
  return (
    id: string,
    spec: Own<C>,
    check: (value: T, session: Session) => ReturnType<Parameters<typeof requirement<T>>[3]>,
  ): void =>
    // The types see to it that one of the two has sources.
    requirement(id, { from: [], ...common, ...spec }, given, check);
}
