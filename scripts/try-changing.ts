/**
 * Shows that what is changed while it is looked at is not judged, and what stands broken beside it is: on a host of the lab
 * a CI runner comes and goes, a container is restarted and loses its rules before each look, one is mended between two looks,
 * and one stays broken. `node scripts/try-changing.ts [engines]`; writes `reports/changing.json`, exit code 0 only when
 * each ended as it has to.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Breach } from "../helpers/audits/deviation.ts";
import { audit } from "../helpers/audits/judge.ts";
import { type Eyes, eyesOf, type Judged, judgeWith } from "../helpers/audits/look-twice.ts";
import { connect } from "../helpers/engine/connect.ts";
import { findImages } from "../helpers/engine/images.ts";
import { gatherFacts } from "../helpers/host/gather-facts.ts";
import { labEngines } from "../helpers/lab/engine-versions.ts";
import { Lab } from "../helpers/lab/lab.ts";
import type { LabHost } from "../helpers/lab/lab-host.ts";
import { workloadsReport } from "../helpers/report/workloads.ts";
import { HostView } from "../helpers/vantage/host-view.ts";
import { conclude, judge } from "./trial.ts";

/** So often each is judged: what comes and goes is met at another moment each time. */
const TIMES = 2;

const PORTS = { still: 8001, flappy: 8002, mended: 8003 } as const;

/** Takes the rules of nat away that lead a port of the host somewhere. */
const withoutRules = (port: number): string =>
  `iptables-save -t nat | grep -- '--dport ${port} .*-j DNAT' | sed 's/^-A/-D/' | while read -r rule; do iptables -t nat $rule; done`;

/** Goes on until its process is ended. */
const forEver = (lines: string): string => `(while :; do ${lines}; done) >/dev/null 2>&1 </dev/null & echo $!`;

const [versions = "28.5"] = process.argv.slice(2);
await using connection = await connect();
const { busybox } = await findImages(connection.docker);
await using lab = await Lab.open(connection.docker, (line) => console.log(line));
for (const engine of labEngines(versions)) {
  const { changing: host } = await lab.start({ changing: { engine } });
  await tryOn(engine.version, host);
  await host.remove();
}
await conclude("changing");

async function tryOn(version: string, host: LabHost): Promise<void> {
  const { docker } = host;
  const image = busybox.reference;
  for (const [name, port] of Object.entries(PORTS))
    await host.must(`docker run -d --name ${name} -p ${port}:80 ${image} httpd -f -p 80`);
  const view = await HostView.alone(docker, image, "changing");
  try {
    const eyes = eyesOf({ docker, facts: await gatherFacts(docker, view), host: view });
    const tried = async (what: string, right: (seen: Seen) => boolean, by: Partial<Eyes> = {}): Promise<Seen> => {
      const seen = seenBy(await judgeWith({ ...eyes, ...by }));
      judge(`${version}: ${what}`, right(seen), seen);
      return seen;
    };
    await tried("a host on which nothing is broken", ({ broken, changed }) => broken + changed === "");

    await host.must(withoutRules(PORTS.mended));
    await settled();
    judge(`${version}: it is broken before it is mended`, audit(await eyes.look()).deviations.length > 0);
    await tried("what is mended between two looks", ({ broken, changed }) => broken + changed === "", {
      wait: async () => void (await host.must("docker restart -t 0 mended")),
    });

    await host.must(withoutRules(PORTS.still));
    const runner = await host.must(
      forEver(
        `docker network create job; docker run -d --rm --name job --network job -p 18080:80 ${image} sleep 99; sleep 0.3; docker rm -f job; docker network rm job`,
      ),
    );
    await settled();
    const restless: Partial<Eyes> = {
      async look(earlier) {
        await host.must(`docker restart -t 0 flappy; ${withoutRules(PORTS.flappy)}`);
        return await eyes.look(earlier);
      },
    };
    for (let time = 1; time <= TIMES; time++) {
      await tried(`beside a CI runner, ${time}`, ({ broken }) => broken === "still");
      await tried(
        `and beside what is restarted and broken before each look, ${time}`,
        ({ broken, changed, verdict }) => broken === "still" && isRestless(changed) && verdict === "not conformant",
        restless,
      );
      await host.must("docker restart -t 0 flappy");
    }
    await host.must("docker restart -t 0 still");
    await tried(
      "nothing is broken but what is changed each time",
      ({ broken, changed, verdict }) => broken === "" && isRestless(changed) && verdict === "partial",
      restless,
    );
    await host.must(`kill ${runner.trim()}`);
  } finally {
    await view.close();
  }
}

/** What came of a judgement: names of containers, and the run's verdict. */
interface Seen {
  readonly broken: string;
  readonly changed: string;
  readonly verdict: string;
}

function seenBy(judged: Judged): Seen {
  const names = (breaches: readonly Breach[]): string =>
    [...new Set(breaches.map(({ concerns }) => concerns.join()))].toSorted().join();
  return {
    broken: names(judged.judgement.deviations),
    changed: names(judged.judgement.changed),
    verdict: workloadsReport(judged, new Date(), null).verdict,
  };
}

/** The runner's container may be met while it is wired. */
function isRestless(changed: string): boolean {
  return /^flappy(,job)?$/.test(changed);
}

/** What the engine did before is past, for who looks. */
async function settled(): Promise<void> {
  await pause(5000);
}
