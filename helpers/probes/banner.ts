import type { Evidence, Vantage } from "../model/evidence.ts";
import type { AskedQuestion } from "../model/question.ts";
import { classifyTcp } from "./classify.ts";
import type { Question } from "./reach.ts";

/** Shell line that starts, in the background of a container, a TCP service that is no web server: it says `line` and hangs up. */
export function bannerService(port: number, line: string): string {
  return `(nc -ll -p ${port} -e echo ${line} </dev/null >/dev/null 2>&1 &)`;
}

/**
 * Connects by TCP and reads what the server says first, as ssh and mail servers do; `answer` holds it. A connection that
 * is taken and closed without a word is `refused`: so docker-proxy behaves when nobody listens in the container.
 */
export function banner(from: Vantage, host: string, port: number): Question {
  const text = `read the banner of ${host}:${port} from ${from.label}`;
  const asked: AskedQuestion | undefined =
    from.place === undefined
      ? undefined
      : { kind: "reach", from: from.place, to: host, protocol: "tcp", port, size: null };
  return {
    text,
    ...(asked === undefined ? {} : { asked }),
    async ask(seconds) {
      const evidence = await from.ask(`nc -w ${seconds} ${host} ${port} </dev/null`, {
        seconds,
        ...(asked === undefined ? {} : { question: asked, outcome: (answer: Evidence) => classifyTcp(answer).outcome }),
      });
      const classified = classifyTcp(evidence);
      const mute = classified.outcome === "replied" && evidence.stdout === "";
      return {
        question: text,
        ...(mute
          ? { outcome: "refused" as const, detail: `\`${evidence.command}\` connected and heard nothing.` }
          : classified),
        evidence,
        answer: evidence.stdout,
      };
    },
  };
}
