import type Dockerode from "dockerode";
import { quoted } from "../model/shell-words.ts";
import type { ShadowedDockerd } from "./fault.ts";
import { StrikeProxy, type Tally } from "./strike-proxy.ts";
import { troubleOf } from "./trouble.ts";

/** Where every PATH of a lab host looks first. */
const SHADOW = "/usr/local/sbin/dockerd";

/** Containers of the lab's that are hosts, by the name that the lab gives them. */
const LAB_HOST = /-lab-/;

const NO_DOCKERD = 44;

/**
 * Stands between the suites and the engine on which they start hosts of the lab: each gets another program in front of its
 * dockerd, before the suites hear that it runs.
 * @param outer the engine that the lab's hosts are containers of
 * @param address its `DOCKER_HOST`
 * @throws when there is no plain connection to it
 */
export async function shadowDockerd(outer: Dockerode, address: string, strike: ShadowedDockerd): Promise<StrikeProxy> {
  return await StrikeProxy.before(address, (tally) => ({ method, path }) => {
    const started = /^\/containers\/([^/]+)\/start$/.exec(path)?.[1];
    if (method !== "POST" || started === undefined) return {};
    return {
      async answered({ status }) {
        if (status < 300) await shadow(outer.getContainer(decodeURIComponent(started)), strike, tally);
        return null;
      },
    };
  });
}

async function shadow(container: Dockerode.Container, { script, host }: ShadowedDockerd, tally: Tally): Promise<void> {
  try {
    const { Name } = await container.inspect();
    if (!LAB_HOST.test(Name)) return;
    const text = `#!/bin/sh\nD=$(PATH=/usr/local/bin:/usr/sbin:/usr/bin command -v dockerd)\n${script}\n`;
    const write = await container.exec({
      // What the lab has beside its hosts has no dockerd.
      Cmd: [
        "sh",
        "-c",
        `command -v dockerd >/dev/null || exit ${NO_DOCKERD}; printf %s ${quoted(text)} >${SHADOW} && chmod 755 ${SHADOW}${host === undefined ? "" : ` && { ${host}; }`}`,
      ],
      AttachStderr: true,
    });
    const said = await write.start({});
    for await (const _ of said);
    const { ExitCode } = await write.inspect();
    if (ExitCode === NO_DOCKERD) return;
    if (ExitCode !== 0) throw new Error(`it could not be done to the host: exit code ${ExitCode}`);
    tally.strikes++;
  } catch (error) {
    tally.trouble ??= `on lab host ${container.id.slice(0, 12)}: ${troubleOf(error)}`;
  }
}
