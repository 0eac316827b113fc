import type { Fault } from "../fault.ts";

interface Shadowed extends Pick<Fault, "id" | "breaks" | "comesBy" | "caughtBy" | "cause" | "beside"> {
  /** Lines of shell before the machine's own command takes over with the same words. */
  readonly before: string;
  /** What is done in its place. */
  readonly instead?: string;
}

/** Another `docker` on the PATH; it is gone with the run. */
function shadowed({ before, instead = 'exec "$DOCKER" "$@"', ...fault }: Shadowed): Fault {
  return {
    ...fault,
    layer: "API",
    strike: { when: "the docker command is called", script: `${before}\n${instead}` },
    undo: [],
  };
}

/** What the likely cause has to say: that it is the command that differs, not the engine. */
const THE_COMMAND = /docker (command|CLI)|\bCLI\b|wrapper|alias|PATH/i;

/** The command that users type, where it is not Docker's own or not of this time. */
export const DOCKER_COMMAND_FAULTS: readonly Fault[] = [
  shadowed({
    id: "api-docker-command-talks",
    breaks: "the docker command prints a line of its own before each answer",
    comesBy: 'podman-docker ("Emulate Docker CLI using podman"), or a wrapper that says which host it talks to',
    before: 'echo "Emulate Docker CLI."',
    caughtBy: ["CONNECT-22"],
    cause: THE_COMMAND,
  }),
  shadowed({
    id: "api-docker-command-port-with-header",
    breaks: "docker port prints a line with headings above what it lists",
    comesBy: "another product under the name of docker",
    before: '[ "$1" != port ] || echo "PORT  BINDING"',
    caughtBy: ["PORT-14"],
    cause: THE_COMMAND,
  }),
  shadowed({
    id: "api-docker-command-without-short-ids",
    breaks: "the docker command takes containers by their names only",
    comesBy: "a wrapper that looks containers up in a list of its own",
    before:
      'case "$1 $2" in "network connect" | "port "* | "container port")\n' +
      'for word in "$@"; do case "$word" in *[!0-9a-f]*) ;; ????????????) echo "Error: No such container: $word" >&2; exit 1;; esac; done;; esac',
    caughtBy: ["CONNECT-21", "PORT-16"],
    cause: THE_COMMAND,
  }),
  shadowed({
    id: "api-docker-command-of-another-time",
    breaks: "the docker command knows neither --net nor docker network prune",
    comesBy: "another product under the name of docker, or one from before 1.13",
    before:
      'for word in "$@"; do case "$word" in --net | --net=*) echo "unknown flag: --net" >&2; exit 125;; esac; done\n' +
      'case "$1" in network) [ $# -gt 2 ] || { "$DOCKER" "$@" | grep -v prune; exit; };; esac',
    caughtBy: ["NETLS-17", "NETLS-18", "HOST-24"],
    cause: THE_COMMAND,
  }),
  shadowed({
    id: "api-docker-command-never-fails",
    breaks: "the docker command says that it succeeded whatever happened",
    comesBy: "a wrapper that writes a log afterwards, and ends with the log's exit code",
    before: '"$DOCKER" "$@"',
    instead: "exit 0",
    caughtBy: ["PORT-10", "PORT-42"],
    cause: THE_COMMAND,
  }),
  shadowed({
    id: "api-docker-command-port-alias",
    breaks: "docker container port prints other lines than docker port",
    comesBy: "a wrapper that knows the older of two spellings only",
    before: '[ "$1 $2" != "container port" ] || { "$DOCKER" "$@" | sed "s/ -> /: /"; exit; }',
    caughtBy: ["PORT-15"],
    cause: THE_COMMAND,
  }),
];
