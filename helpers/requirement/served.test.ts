import { expect, test } from "vitest";
import type { PortService } from "../expectations/port-service.ts";
import type { Question } from "../probes/reach.ts";
import { mustBeServed } from "./served.ts";

const PARTIES = { server: "shop-web", containerPort: 80, client: "172.17.0.3", gateway: "172.17.0.1" };

/** A question that is answered so, or never. */
function asked(answer: string | null): Question {
  const text = "GET http://192.0.2.1:8080/ from container shop-client";
  const evidence = {
    vantage: "container shop-client",
    command: "wget -q -O - http://192.0.2.1:8080/",
    exitCode: answer === null ? null : 0,
    timedOut: answer === null,
    stdout: answer ?? "",
    stderr: "",
    ms: 3,
  };
  return {
    text,
    ask: async () => ({
      question: text,
      outcome: answer === null ? "timed out" : "replied",
      detail: answer === null ? "nothing came" : "an answer",
      evidence,
      answer: answer ?? "",
    }),
  } as Question;
}

const served = (outcome: PortService["outcome"]): PortService => ({
  outcome,
  by: outcome === "replied" ? "docker-proxy" : "nobody",
  source: outcome === "replied" ? "gateway of the server's network" : "none",
  why: "dropped by the isolation chains",
});

test("a port that is shut as foretold is not served: the sentence does not apply, whatever came of asking", async () => {
  for (const outcome of ["timed out", "unknown"] as const)
    for (const answer of [null, "dnc 172.17.0.2 80 172.17.0.1 4711 shop-web"])
      await expect(mustBeServed(asked(answer), served(outcome), PARTIES)).rejects.toMatchObject({
        name: "NotApplicable",
        message: "dropped by the isolation chains",
      });
});

test("a port that is served is so by that server at its own port, which sees the peer foretold", async () => {
  const answer = "dnc 172.17.0.2 80 172.17.0.1 4711 shop-web";
  await expect(mustBeServed(asked(answer), served("replied"), PARTIES)).resolves.toMatchObject({ server: "shop-web" });
  for (const wrong of [
    "dnc 172.17.0.2 80 172.17.0.3 4711 shop-web",
    "dnc 172.17.0.2 81 172.17.0.1 4711 shop-web",
    "dnc 172.17.0.2 80 172.17.0.1 4711 shop-other",
    "something else",
    null,
  ])
    await expect(mustBeServed(asked(wrong), served("replied"), PARTIES)).rejects.toMatchObject({ name: "Violation" });
});
