import type { Given } from "./given.ts";
import { requirement } from "./requirement.ts";
import type { RequirementSpec } from "./requirement-spec.ts";
import type { Session } from "./session.ts";

/** What several requirements have in common beside what they start from. */
type Common = Omit<RequirementSpec, "must" | "from" | "differs">;

/**
 * What requirements that start from the same have in common, said once. What one of them says itself stands in place of it.
 * @returns declares one of these requirements, as `requirement` does
 */
export function chapter<T>({ given, ...common }: Common & { readonly given: Given<T> }) {
  return (
    id: string,
    spec: RequirementSpec,
    check: (value: T, session: Session) => ReturnType<Parameters<typeof requirement<T>>[3]>,
  ): void => requirement(id, { ...common, ...spec }, given, check);
}
