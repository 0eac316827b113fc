import type { SwitchKey } from "../../model/version-switches.ts";

/** A `daemon.json` under which the suites are run unchanged. */
export interface LabConfiguration {
  readonly name: string;
  readonly daemonJson: Readonly<Record<string, unknown>>;
  /** Why an operator has it. */
  readonly why: string;
  /** The switch of behaviour that brought its newest key; undefined = every engine of the lab knows it. */
  readonly since?: SwitchKey;
  /** It has been superseded by this switch: later engines refuse or ignore it. */
  readonly until?: SwitchKey;
  /** Shell lines on the host before dockerd starts: a bridge of the operator's own, a sysctl. */
  readonly prepare?: readonly string[];
  /** Shell lines on the host once its engine runs: what else lives there. */
  readonly inhabit?: readonly string[];
}
