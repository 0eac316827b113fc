#!/usr/bin/env bash
# The steps of action.yml: `action.sh setup`, `action.sh judge`. Inputs come as INPUT_…, outputs go to GITHUB_OUTPUT.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dnc() { "$root/node_modules/.bin/node" "$root/helpers/commands/dnc.ts" "$@"; }

case ${INPUT_ENGINE:-} in
  "") ;;
  *://*)
    unset DOCKER_CONTEXT
    export DOCKER_HOST=$INPUT_ENGINE
    ;;
  *)
    unset DOCKER_HOST
    export DOCKER_CONTEXT=$INPUT_ENGINE
    ;;
esac
if [ "$1" = setup ]; then exec "$root/setup"; fi

complete=()
case ${INPUT_FAIL_ON:=not-judged} in
  not-judged | never) ;;
  partial) complete=(--complete) ;;
  *)
    printf 'Reading the inputs\n  fail-on is %s\n  → Write not-judged, partial or never\n' "$INPUT_FAIL_ON" >&2
    exit 64
    ;;
esac
if [ -n "${INPUT_BASELINE:-}" ] && [ ! -r "$INPUT_BASELINE" ]; then
  printf 'Reading the inputs\n  there is no baseline %s\n  → Name a results.json of an earlier run\n' "$INPUT_BASELINE" >&2
  exit 64
fi
if [ -n "${INPUT_WAIVERS:-}" ]; then
  export DNC_WAIVERS=$INPUT_WAIVERS
elif [ -f waivers.json ]; then
  export DNC_WAIVERS=$PWD/waivers.json
fi
export DNC_REPORTS=${DNC_REPORTS:-${RUNNER_TEMP:-/tmp}/docker-network-conformance}
# Told before anything is judged: an output that is there is of this run.
rm -f "$DNC_REPORTS/compact.json"
read -ra words <<<"${INPUT_SUITES:-}"
code=0
dnc test ${complete[@]+"${complete[@]}"} ${words[@]+"${words[@]}"} || code=$?
if [ "$code" = 64 ]; then exit 64; fi

if [ -s "$DNC_REPORTS/compact.json" ]; then
  "$root/node_modules/.bin/node" -e '
    const { verdict, counts } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    console.log(`verdict=${verdict}\ncounts=${JSON.stringify(counts)}\nreport=${process.argv[2]}`);
  ' "$DNC_REPORTS/compact.json" "$DNC_REPORTS" >>"${GITHUB_OUTPUT:-/dev/stdout}"
fi
if [ -n "${INPUT_BASELINE:-}" ]; then
  # 1: something got worse, which the verdict tells. A baseline that can't be read is a mistake of whoever names it.
  # Its output is a file and no log: no command to the runner is to stand in it.
  compared=0
  (unset GITHUB_ACTIONS && dnc diff --markdown "$INPUT_BASELINE" "$DNC_REPORTS/results.json") \
    >>"${GITHUB_STEP_SUMMARY:-/dev/stdout}" || compared=$?
  if [ "$compared" -gt 1 ]; then exit "$compared"; fi
fi
if [ "$INPUT_FAIL_ON" = never ]; then code=0; fi
exit "$code"
