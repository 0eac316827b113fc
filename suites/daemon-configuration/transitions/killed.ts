import { expect } from "vitest";
import { dockerErrorOf } from "../../../helpers/engine/docker-error.ts";
import type { HostInLab } from "../../../helpers/lab/host-in-lab.ts";
import { http } from "../../../helpers/probes/reach.ts";
import { cite, engine, mustReach, requirement } from "../../../helpers/requirement/index.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import { hostItself, machineBeside, proxies } from "../look.ts";
import { countRules, host, needs, PORT, stateOf, webServer } from "./site.ts";

const killed = host.under({}, async (inLab) => {
  const first = await webServer(inLab, "first");
  await inLab.host.killEngine();
  await inLab.host.startEngine();
  const after = await stateOf(first);
  const stale = await countRules(inLab);
  const held = await proxies(inLab);
  await first.remove({ force: true });
  const anew = await servedAnew(inLab).catch((error: unknown) => {
    // The engine's refusal is the answer; that anything else went wrong is none.
    const said = dockerErrorOf(error);
    if (said === null) throw error;
    return said.message;
  });
  return { after, stale, held, anew };
});

/** Another container on the port, looked at and removed. */
async function servedAnew(inLab: HostInLab) {
  const second = await webServer(inLab, "second");
  try {
    return {
      served: await atThisMoment(mustReach(http(hostItself(inLab), "127.0.0.1", PORT))),
      rules: await countRules(inLab),
    };
  } finally {
    await second.remove({ force: true });
  }
}

requirement(
  "KEY-169",
  {
    must: "When dockerd was killed and started again, nothing MUST stay of the ports of containers that ended: no rule, no docker-proxy",
    from: [engine("moby#20486"), engine("moby#25981")],
    needs,
    tags: ["live-restore:default", "iptables:transition"],
  },
  killed,
  ({ after, stale, held }) => {
    expect(after.running, "whether the container runs").toBe(false);
    expect(stale.dnat, "DNAT rules of the port").toBe(0);
    expect(held, "what docker-proxy processes hold").toEqual([]);
  },
);

requirement(
  "KEY-170",
  {
    must: "A port whose container was lost with a killed dockerd MUST be free for another one",
    from: [engine("moby#20486"), engine("moby#25877")],
    needs,
    tags: ["live-restore:default", "userland-proxy:transition"],
  },
  killed,
  ({ anew }) => {
    if (typeof anew === "string") return expect(anew, "another container on the port").toBe("started");
    anew.served();
    expect(anew.rules.dnat, "DNAT rules of the port").toBe(1);
  },
);

const killedAlive = host.under({ "live-restore": true }, async (inLab) => {
  const neighbour = await machineBeside(inLab);
  const web = await webServer(inLab, "survivor");
  try {
    const before = await stateOf(web);
    await inLab.host.killEngine();
    await inLab.host.startEngine();
    return {
      before,
      after: await stateOf(web),
      rules: await countRules(inLab),
      translated: await atThisMoment(mustReach(http(neighbour, neighbour.host, PORT))),
      proxied: await atThisMoment(mustReach(http(hostItself(inLab), "127.0.0.1", PORT))),
    };
  } finally {
    await web.remove({ force: true });
  }
});

requirement(
  "KEY-171",
  {
    must: "With `live-restore` a killed dockerd MUST find its containers again, their ports served both ways by one rule",
    from: [engine("dockerd: live-restore"), engine("moby#20486")],
    needs,
    tags: ["live-restore:effect"],
  },
  killedAlive,
  ({ before, after, rules, translated, proxied }) => {
    expect([after.running, after.pid], "the container: running, process").toEqual([true, before.pid]);
    expect(rules.dnat, "DNAT rules of the port").toBe(1);
    translated();
    proxied();
  },
);

requirement(
  "KEY-172",
  {
    must: "An engine with `live-restore` MUST refuse to become a swarm's, with words that say why",
    from: [
      cite(
        "moby/config_linux.go#IsSwarmCompatible",
        "--live-restore daemon configuration is incompatible with swarm mode",
      ),
    ],
    needs,
    tags: ["live-restore:refusal"],
  },
  host.under({ "live-restore": true }, async ({ host: { docker } }) =>
    docker.swarmInit({ ListenAddr: "127.0.0.1:2377", AdvertiseAddr: "127.0.0.1" }).then(
      () => "it became one",
      (error: unknown) => String(error),
    ),
  ),
  (answer) => {
    expect(answer, "the engine's words").toMatch(/live-restore.*incompatible with swarm mode/);
  },
);
