import { expect } from "vitest";
import { http } from "../../../helpers/probes/reach.ts";
import { chapter, cite, engine, mustNotReach, mustReach } from "../../../helpers/requirement/index.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import { hostItself, machineBeside, proxies } from "../look.ts";
import { countRules, host, needs, onDocker0, PORT, stateOf, webServer } from "./site.ts";

/** A published port served while dockerd is down, and after it has come back with another `bip` in the file. */
const survived = host.under({ "live-restore": true, bip: "10.154.72.1/24" }, async (inLab) => {
  const neighbour = await machineBeside(inLab);
  const web = await webServer(inLab, "survivor");
  try {
    const translated = http(neighbour, neighbour.host, PORT);
    const proxied = http(hostItself(inLab), "127.0.0.1", PORT);
    const before = { ...(await stateOf(web)), device: await onDocker0(inLab), rules: await countRules(inLab) };
    const beforeServed = [await atThisMoment(mustReach(translated)), await atThisMoment(mustReach(proxied))];
    await inLab.host.configure('{ "live-restore": true, "bip": "10.154.73.1/24" }');
    await inLab.host.stopEngine();
    const down = {
      alive: (await inLab.host.shell.act(`kill -0 ${before.pid}`)).exitCode === 0,
      translated: await atThisMoment(mustReach(translated)),
      proxied: await atThisMoment(mustNotReach(proxied, { as: "refused", control: translated })),
      proxies: await proxies(inLab),
    };
    await inLab.host.startEngine();
    const after = {
      ...(await stateOf(web)),
      device: await onDocker0(inLab),
      rules: await countRules(inLab),
      translated: await atThisMoment(mustReach(translated)),
      proxied: await atThisMoment(mustReach(proxied)),
    };
    await web.remove({ force: true });
    const freed = await webServer(inLab, "successor").then(
      async (successor) => {
        await successor.remove({ force: true });
        return "published again";
      },
      (error: unknown) => String(error),
    );
    await inLab.host.stopEngine();
    await inLab.host.startEngine();
    return { before, beforeServed, down, after, freed, idle: await onDocker0(inLab) };
  } finally {
    await web.remove({ force: true }).catch(() => undefined);
  }
});

const onSurvived = chapter({ given: survived });

onSurvived(
  "KEY-164",
  {
    must: "With `live-restore` containers MUST outlive dockerd: the same process, the same address",
    from: [
      cite(
        "docs/live-restore",
        "You can configure the daemon so that containers remain running if the daemon becomes unavailable.",
      ),
    ],
    needs,
    tags: ["live-restore:effect"],
  },
  ({ before, down, after }) => {
    expect(down.alive, "whether the container's process lives while dockerd is down").toBe(true);
    expect(
      [after.running, after.pid, after.address],
      "the container after dockerd has come back: running, process, address",
    ).toEqual([true, before.pid, before.address]);
  },
);

onSurvived(
  "KEY-165",
  {
    must: "While dockerd is down, the translated way to a published port MUST stay open and the proxied one be closed: docker-proxy ends with dockerd",
    from: [engine("dockerd: live-restore"), engine("moby#34660")],
    needs,
    tags: ["live-restore:effect", "userland-proxy:transition"],
  },
  ({ beforeServed, down }) => {
    for (const served of beforeServed) served();
    down.translated();
    down.proxied();
    expect(down.proxies, "what docker-proxy processes hold").toEqual([]);
  },
);

onSurvived(
  "KEY-166",
  {
    must: "When dockerd has come back, both ways to a published port MUST be open, and no rule stand twice",
    from: [engine("dockerd: live-restore"), engine("moby#31647")],
    needs,
    tags: ["live-restore:effect", "userland-proxy:transition"],
  },
  ({ before, after }) => {
    after.translated();
    after.proxied();
    expect([before.rules.dnat, after.rules.dnat], "DNAT rules of the port, before and after").toEqual([1, 1]);
    expect(
      after.rules.twice.filter((rule) => !before.rules.twice.includes(rule)),
      "rules that stand twice since the restart",
    ).toEqual([]);
  },
);

onSurvived(
  "KEY-167",
  {
    must: "With `live-restore` and a running container another `bip` MUST NOT move the default bridge; when none runs, the next restart does",
    from: [
      cite(
        "docs/live-restore#live-restore-upon-restart",
        "The live restore option only works to restore containers if the daemon options, such as bridge IP addresses and graph driver, didn't change.",
      ),
    ],
    needs,
    tags: ["live-restore:scope", "bip:transition"],
  },
  ({ before, after, idle }) => {
    expect(before.device, "addresses of docker0").toEqual(["10.154.72.1/24"]);
    expect(after.device, "addresses of docker0 after the restart with a container").toEqual(before.device);
    expect(idle, "addresses of docker0 after the restart without").toEqual(["10.154.73.1/24"]);
  },
);

onSurvived(
  "KEY-168",
  {
    must: "A port of a container that outlived dockerd MUST be free again once the container is gone",
    from: [engine("moby#20486")],
    needs,
    tags: ["live-restore:transition"],
  },
  ({ freed }) => {
    expect(freed, "a successor on the same port").toBe("published again");
  },
);
