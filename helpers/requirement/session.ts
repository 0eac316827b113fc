import type Dockerode from "dockerode";
import { inject } from "vitest";
import { connect } from "../engine/connect.ts";
import { environmentOf } from "../engine/second-engine.ts";
import { tellUnanswered } from "../engine/unanswered.ts";
import { watchKeys } from "../model/consulted.ts";
import { ProbeFailed } from "../model/evidence.ts";
import type { Facts } from "../model/facts.ts";
import type { TopologyContext } from "../topology/context.ts";
import "./provided.ts";
import { SubnetChooser } from "../topology/subnets.ts";
import { HostView } from "../vantage/host-view.ts";
import { asMaking, followRequests } from "../vantage/recorder.ts";
import { tellDeeds } from "../vantage/tell-deeds.ts";
import { keepingForwarding } from "./forwarding-kept.ts";
import { NotRun } from "./verdicts.ts";

/** What every check of a worker shares: the engine, the facts, the host's view. */
export interface Session extends TopologyContext {
  /** The engine's host as a vantage point; opened when first asked for. A check that needs it is `not run` without. */
  host(): Promise<HostView>;
  /** The second Docker host on the same network, in the same terms. A check that needs it is `not run` without. */
  secondHost(): Promise<Session>;
}

let current: Promise<Session> | undefined;

/** The worker's session; one per worker, opened when the first check needs it. */
export async function session(): Promise<Session> {
  current ??= open();
  return await current;
}

/** The facts of this run, without touching the engine. */
function facts(): Facts {
  return watched(inject("run").facts);
}

/** The same facts, of which it is known which key each judgement asks for. */
function watched(facts: Facts): Facts {
  return { ...facts, configuration: watchKeys(facts.configuration) };
}

async function open(): Promise<Session> {
  const { images } = inject("run");
  const known = facts();
  followRequests();
  const { docker, way } = await connect();
  tellUnanswered(way);
  let second: Promise<Session> | undefined;
  return {
    ...(await onEngine(docker, known, images, true)),
    async secondHost() {
      second ??= openSecond(known);
      return await second;
    },
  };
}

async function openSecond({ secondHost }: Facts): Promise<Session> {
  if (secondHost === undefined) throw new NotRun("there is no second Docker host");
  const { docker } = await connect(environmentOf(secondHost.dockerHost));
  return {
    ...(await onEngine(docker, secondHost.facts, secondHost.images, false)),
    secondHost: () => Promise.reject(new ProbeFailed("the second host knows no further one")),
  };
}

/** One engine and its host, the view of it opened when first asked for. */
async function onEngine(
  docker: Dockerode,
  facts: Facts,
  images: Session["images"],
  throughTestcontainers: boolean,
): Promise<Omit<Session, "secondHost">> {
  const { runId } = inject("run");
  const subnets = await SubnetChooser.forHost(docker, facts);
  let view: Promise<HostView> | undefined;
  return {
    docker: keepingForwarding(tellDeeds(docker), facts),
    runId,
    facts,
    images,
    subnets,
    throughTestcontainers,
    async host() {
      if (facts.host === null) throw new NotRun(`the host's own view is not available: ${facts.hostViewMissing}`);
      const name = `host-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
      view ??= asMaking(async () => await HostView.open(docker, images.busybox, runId, name, "looks"));
      try {
        return await view;
      } catch (error) {
        throw new ProbeFailed(
          `the host's view could not be opened: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    },
  };
}
