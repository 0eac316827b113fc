import { inject } from "vitest";
import { messageOf } from "../engine/docker-error.ts";
import { withoutCredentials } from "../model/credentials.ts";
import { areScriptsWanted } from "../model/selection.ts";
import type { Judged, Reproduction } from "../report/task-meta.ts";
import { type Recipe, scriptOf } from "../reproduce/script.ts";
import { CannotReproduce } from "../reproduce/steps.ts";
import { madeContainers, madeNetworks } from "../topology/made.ts";
import type { Recording } from "../vantage/recorder.ts";
import type { RequirementSpec } from "./requirement-spec.ts";

/** A requirement as it was judged, with what was recorded meanwhile. */
interface Shown {
  readonly id: string;
  readonly spec: RequirementSpec;
  readonly outcome: Judged;
  readonly recording: Recording;
}

/**
 * The script that shows a failure without us; that of any requirement, where they are asked for. While its topology is
 * up: what it is made of, and the addresses in it, are known only then. Never throws: a script is no part of a verdict.
 */
export function reproductionOf({ id, spec, outcome, recording }: Shown): { readonly reproduction?: Reproduction } {
  const broken = outcome.verdict === "fail" || outcome.verdict === "error";
  if (!broken && !(areScriptsWanted() && outcome.verdict === "pass")) return {};
  const hosts = ["lab", "second host", "disposable host"] as const;
  if (spec.needs?.some((need) => hosts.some((host) => host === need)))
    return {
      reproduction: { why: "it needs more than one host, or a host that is changed: `npm run test:lab` shows it" },
    };
  try {
    return {
      reproduction: { script: withoutCredentials(scriptOf(recipeOf({ id, spec, outcome, recording }, broken))) },
    };
  } catch (error) {
    return {
      reproduction: {
        why: error instanceof CannotReproduce ? error.message : `it could not be written: ${messageOf(error)}`,
      },
    };
  }
}

function recipeOf({ id, spec, outcome, recording }: Shown, failed: boolean): Recipe {
  const { facts, images } = inject("run");
  const { version, kernel } = facts.engine;
  const seen = [
    `On Engine ${version} with Linux ${kernel} the suites saw: ${outcome.verdict}.`,
    ...(outcome.expected === undefined ? [] : [`Expected: ${outcome.expected.slice(0, 500)}`]),
    ...(outcome.observed === undefined ? [] : [`Observed: ${outcome.observed.slice(0, 500)}`]),
  ];
  const { probes, deeds } = recording;
  return {
    id,
    must: spec.must,
    seen,
    failed,
    probes,
    deeds,
    containers: madeContainers(),
    networks: madeNetworks(),
    images,
  };
}
