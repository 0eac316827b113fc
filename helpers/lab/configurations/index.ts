import { EXIT, UserError } from "../../engine/errors.ts";
import { OF_HOSTS } from "./hosts.ts";
import { OF_KEYS } from "./keys.ts";
import type { LabConfiguration } from "./lab-configuration.ts";
import { OF_OPERATORS } from "./operators.ts";

export type { LabConfiguration } from "./lab-configuration.ts";

/**
 * The configurations of `npm run matrix -- --configs`: every networking key alone, the pairs that interact, and what
 * operators really have.
 */
export const LAB_CONFIGURATIONS: readonly LabConfiguration[] = [
  { name: "default", daemonJson: {}, why: "the engine as it is installed: the control of all others" },
  ...OF_OPERATORS,
  ...OF_HOSTS,
  ...OF_KEYS,
];

/**
 * The configurations that are wanted, in the table's order.
 * @param wanted names with commas between them; undefined = all
 * @throws UserError (exit code 64) for a name that is not in the table
 */
export function labConfigurations(wanted: string | undefined): readonly LabConfiguration[] {
  if (wanted === undefined) return LAB_CONFIGURATIONS;
  const names = wanted.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !LAB_CONFIGURATIONS.some((one) => one.name === name));
  if (unknown === undefined) return LAB_CONFIGURATIONS.filter(({ name }) => names.includes(name));
  throw new UserError({
    tried: "Choosing the configurations",
    seen: `there is none called ${JSON.stringify(unknown)}`,
    todo: `Choose among ${LAB_CONFIGURATIONS.map(({ name }) => name).join(", ")}.`,
    exitCode: EXIT.usage,
  });
}
