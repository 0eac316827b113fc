import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connect, type EngineConnection } from "../engine/connect.ts";
import { messageOf } from "../engine/docker-error.ts";
import { UserError } from "../engine/errors.ts";
import { interruptionIsTheEnd, onInterruption, unlessInterrupted } from "../engine/interruption.ts";
import { wantsColour } from "../report/colour.ts";
import { compactOf } from "../report/compact.ts";
import { assertWritable } from "../report/write-files.ts";
import { usage } from "../run/arguments.ts";
import { judge } from "../run/judge-in-lab.ts";
import { reportsFolder } from "../run/reports-folder.ts";
import { readSettings } from "../run/settings.ts";
import { type EngineEyes, openEyes } from "../watch/engine-eyes.ts";
import { type News, newsText, timeText } from "../watch/news.ts";
import { watch } from "../watch/watch.ts";
import { defineCommand } from "./command.ts";

const USAGE = "npm run watch -- [--every 30s] [--webhook https://…] [--run 'command'] [suite | requirement id | tag]…";

const ABOUT = `Watches a Docker host until Ctrl-C. After a change of daemon.json, a start or reload of dockerd, a change of firewall
rules, routes, links, addresses or sysctls it waits for quiet, judges, and tells what is otherwise than before. Containers
that come and go are no change.
Without words it judges the quick set with everything that runs (npm test -- --quick), else what they name.
  --every AGE       how often it looks, as 30s or 5m; default 30s. A reload is seen at once
  --webhook URL     gets what changed as JSON by POST
  --run COMMAND     is run by sh with the same JSON at its standard input
Reports of the last judgement: reports/watch. DNC_METRICS names a file for OpenMetrics (docs/guide/settings.md).
Exit codes: 0 ended by Ctrl-C, 2 the engine could not be watched, 64 wrong usage.`;

const SHORTEST_S = 1;
/** Between two tries to reach an engine that has gone. */
const AGAIN_MS = 1000;
/** So many tries a restart may take. */
const TOLD_AFTER = 20;

function everyMs(text = "30s"): number {
  const [, count = "", unit = ""] = /^(\d{1,4})([sm])$/.exec(text) ?? [];
  const seconds = Number(count) * (unit === "m" ? 60 : 1);
  if (unit === "" || seconds < SHORTEST_S) throw usage(`--every ${text} is no time: 30s or 5m`, USAGE);
  return seconds * 1000;
}

function webhookOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw usage(`--webhook ${text} is no http:// or https:// address`, USAGE);
}

/** Brings news where somebody wants them. What fails there is told, and ends nothing. */
async function bring(news: News, webhook: string | null, command: string | undefined): Promise<void> {
  const body = `${JSON.stringify(news)}\n`;
  const failed = (what: string) => (error: unknown) => process.stderr.write(`${what} failed: ${messageOf(error)}\n`);
  if (webhook !== null)
    await fetch(webhook, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      signal: AbortSignal.timeout(30_000),
    })
      .then((response) => {
        if (!response.ok) throw new Error(`HTTP ${response.status}`);
      })
      .catch(failed("The webhook"));
  if (command !== undefined) {
    const { execa } = await import("execa");
    await execa("sh", ["-c", command], {
      input: body,
      stdout: ["inherit"],
      stderr: ["inherit"],
      timeout: 60_000,
    }).catch(failed("The command"));
  }
}

function reasonOf(error: unknown): string {
  return error instanceof UserError ? `${error.tried}: ${error.seen}` : messageOf(error);
}

function say(what: string): void {
  process.stdout.write(`${timeText(new Date().toISOString())}  ${what}\n`);
}

export const command = defineCommand({
  usage: USAGE,
  about: ABOUT,
  options: { every: { type: "string" }, webhook: { type: "string" }, run: { type: "string" } },
  takesWords: true,
  async run({ every, webhook, run }, words) {
    const [milliseconds, address] = [everyMs(every), webhookOf(webhook)];
    if (words.length > 0) (await import("../run/arguments.ts")).understandSelection(words);
    const folder = join(reportsFolder(), "watch");
    await readSettings();
    await assertWritable(folder);
    let open: { readonly connection: EngineConnection; readonly eyes: EngineEyes } | null = null;
    const close = async () => {
      await open?.eyes.close().catch(() => undefined);
      await open?.connection.close().catch(() => undefined);
      open = null;
    };
    let isEnding = false;
    using _ = onInterruption(async () => {
      isEnding = true;
      await close();
    });
    const look = async () => {
      const connection = await connect();
      try {
        open = { connection, eyes: await openEyes(connection) };
        return open.eyes;
      } catch (error) {
        await connection.close();
        throw error;
      }
    };
    let isFirst = true;
    interruptionIsTheEnd();
    await watch(
      {
        async open() {
          await close();
          for (let tries = 1; ; tries++) {
            await unlessInterrupted();
            try {
              return await look();
            } catch (error) {
              if (isFirst) throw error;
              if (tries === TOLD_AFTER) say(`It still can't be watched: ${reasonOf(error)}`);
              await pause(AGAIN_MS);
            } finally {
              isFirst = false;
            }
          }
        },
        judge: async () =>
          compactOf(await judge(words.length === 0 ? ["--quick"] : words, folder, process.env, "ignore")),
        async tell(news) {
          process.stdout.write(
            newsText(news, {
              width: process.stdout.columns ?? 100,
              colour: wantsColour(process.stdout, process.env),
            }),
          );
          if (news.changed) await bring(news, address, run);
        },
        failed: (error) => say(`It could not be judged: ${reasonOf(error)}`),
        lost(error) {
          if (!isEnding) say(`The engine does not answer: ${reasonOf(error)}`);
        },
      },
      milliseconds,
    );
  },
});
