#!/bin/sh
# Collects what a global job's tasks said, on a manager: results/NODE.json for each node of the Swarm, and hosts.txt with
# these files for `dnc fleet hosts.txt`. A node without results has the reason in its file.
# sh deploy/collect-swarm.sh [service] [seconds to wait for its tasks]
set -eu
SERVICE=${1:-netcheck_judge}
SECONDS_LEFT=${2:-600}
docker service inspect "$SERVICE" >/dev/null

tasks() { docker service ps --no-trunc --filter "node=$1" --format '{{.ID}} {{.CurrentState}} {{.Error}}' "$SERVICE" 2>/dev/null | head -n 1; }

mkdir -p results
: >hosts.txt
docker node ls --format '{{.ID}} {{.Hostname}} {{.Status}} {{.Availability}}' | while read -r id name status availability; do
  # Two nodes may have one name.
  file=results/$name.json
  if grep -qxF "$file" hosts.txt; then file=results/$name-$id.json; fi
  echo "$file" >>hosts.txt
  : >"$file"
  if [ "$status" = Ready ]; then
    while [ "$SECONDS_LEFT" -gt 0 ]; do
      case $(tasks "$id") in
      *" Complete "* | *" Failed "* | *" Rejected "* | *" Shutdown "* | *" Orphaned "*) break ;;
      "") [ "$availability" = Active ] || break ;;
      esac
      sleep 1
      SECONDS_LEFT=$((SECONDS_LEFT - 1))
    done
    task=$(tasks "$id")
    [ -z "$task" ] || docker service logs --raw "${task%% *}" >"$file" 2>/dev/null || true
  fi
  [ -s "$file" ] || echo "the node is $status and $availability, its task: ${task:-none}" >"$file"
  task=
done
