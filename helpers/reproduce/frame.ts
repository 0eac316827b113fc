import { LABEL } from "../engine/run-identity.ts";
import { outcomeFunction } from "../probes/outcome-in-shell.ts";

/** The place that stands for the host, beside the containers of a topology. */
export const HOST_PLACE = "engine-host";
/** A script that is killed leaves containers that end by themselves after so many seconds. */
export const LIFE = 900;

/** The container that asks from the host's network. */
export const HOST_CONTAINER = [
  `docker run --detach --rm --name "$run-${HOST_PLACE}" $labels --network host --userns host \\`,
  `  --cap-drop ALL --cap-add NET_RAW --entrypoint sleep "$BUSYBOX" ${LIFE} >/dev/null || fail`,
];

/** What a script ends with. */
export const VERDICT = [
  'if [ $wrong = 0 ]; then echo "Each of $asked answers is what had to come."; exit 0; fi',
  'echo "$wrong of $asked answers are not what had to come."; exit 1',
];

/** Lines that every script has: variables that tell its own things, and how they go. */
export function settingUp(id: string): string[] {
  const own = `--filter "label=${LABEL.run}=$run"`;
  return [
    `run=reproduce-${id.toLowerCase()}-$$`,
    `labels="--label ${LABEL.project}=true --label ${LABEL.run}=$run"`,
    "tmp=$(mktemp -d) || exit 2",
    "asked=0 wrong=0",
    "",
    "# Removes all of it. Twice, for what was being made when a signal came, and for networks that are let go a moment later.",
    "clean() {",
    "  trap '' HUP INT TERM",
    "  for pause in 0 0 1 2 4 8; do",
    `    sleep $pause; containers=$(docker ps --all --quiet ${own}); networks=$(docker network ls --quiet ${own})`,
    '    [ -n "$containers$networks" ] || break',
    '    [ -z "$containers" ] || docker rm --force --volumes $containers >/dev/null 2>&1',
    '    [ -z "$networks" ] || docker network rm $networks >/dev/null 2>&1',
    "  done",
    '  rm -rf "$tmp"',
    "}",
    "trap clean EXIT",
    "trap 'exit 2' HUP INT TERM",
    "fail() { echo 'It could not be made: see above.' >&2; exit 2; }",
  ];
}

/** Functions by what calls them in a script's body. */
const HELPERS: readonly { readonly called: RegExp; readonly lines: readonly string[] }[] = [
  {
    called: /\$\((?:address|gateway)6? /,
    lines: [
      "# What the engine says of a container: FIELD NAME, then the network where it has several.",
      'of() { docker inspect --format "{{range \\$name, \\$net := .NetworkSettings.Networks}}{{if or (eq \\"$3\\" \\"\\") (eq \\$name \\"$3\\")}}{{\\$net.$1}}{{end}}{{end}}" "$run-$2"; }',
    ],
  },
  { called: /\$\(address /, lines: ['address() { of IPAddress "$@"; }'] },
  { called: /\$\(address6 /, lines: ['address6() { of GlobalIPv6Address "$@"; }'] },
  { called: /\$\(gateway /, lines: ['gateway() { of Gateway "$@"; }'] },
  { called: /\$\(gateway6 /, lines: ['gateway6() { of IPv6Gateway "$@"; }'] },
  {
    called: /\$\(id /,
    lines: ["id() { docker inspect --format '{{.Id}}' \"$run-$1\" | cut -c 1-12; }"],
  },
  {
    called: /\$\(port /,
    lines: [
      "# The host port that the engine chose: NAME PORT ADDRESS.",
      'port() { docker port "$run-$1" "$2" | sed -n "s/^\\[*$3\\]*://p" | head -n 1; }',
    ],
  },
  {
    called: /^ready /m,
    lines: [
      "# Waits until a container has done what it begins with.",
      "ready() {",
      "  for pause in 0 1 1 1 1 2 2 2 5 5 5 5; do",
      '    sleep $pause; docker exec "$run-$1" test -e /tmp/ready && return',
      "  done",
      '  docker logs "$run-$1"; fail',
      "}",
    ],
  },
];

/** The functions that a script's body calls. */
export function functionsFor(body: string): string[] {
  return [
    ...HELPERS.filter(({ called }) => called.test(body)).flatMap(({ lines }) => lines),
    "# What a client's exit code and words mean: CODE FILE.",
    ...outcomeFunction().split("\n"),
    "# ask PLACE SECONDS EXPECTED ANSWER COMMAND: asks in a container, shows what came, and compares.",
    "ask() {",
    "  asked=$((asked + 1))",
    '  docker exec "$run-$1" timeout -s KILL "$2" sh -c "$5" </dev/null >"$tmp/said" 2>&1',
    '  code=$?; observed=$(outcome $code "$tmp/said"); said=$(cat "$tmp/said")',
    '  case "|$3|" in *"|$observed|"*) agrees=yes ;; *) agrees=no ;; esac',
    '  case "$said" in *$4*) ;; *) agrees=no ;; esac',
    `  echo "$asked. from $1: $5"; head -n 6 "$tmp/said" | sed 's/^/     /'`,
    `  echo "     expected: $(echo "$3" | sed 's/|/ or /g')\${4:+, with \\"$4\\"}"`,
    '  echo "     observed: $observed"',
    "  [ $agrees = yes ] || { wrong=$((wrong + 1)); echo '     THIS DISAGREES'; }",
    "}",
  ];
}
