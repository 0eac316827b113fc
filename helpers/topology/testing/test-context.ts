import { gatherFacts } from "../../host/gather-facts.ts";
import type { TestRun } from "../../vantage/testing/test-run.ts";
import type { TopologyContext } from "../context.ts";
import { SubnetChooser } from "../subnets.ts";

/** What the topologies of a test's own run are started with. */
export async function testContext({ docker, images, runId, view }: TestRun): Promise<TopologyContext> {
  const facts = await gatherFacts(docker, view);
  const subnets = await SubnetChooser.forHost(docker, facts);
  return { docker, images, runId, facts, subnets, throughTestcontainers: true };
}
