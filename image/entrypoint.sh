#!/bin/sh
# Runs the program in its image: with no more rights than the socket asks for, and with its own two images where the
# engine has none. `--tar` first: the reports go to standard output as a tar; `--compact`: compact.json alone,
# as one line. What is said goes to standard error then.
set -eu
SOCKET=/var/run/docker.sock

# The socket's group is enough to talk to the engine; files are to be owned as the reports' folder is.
if [ "$(id -u)" = 0 ] && [ -S "$SOCKET" ] && [ "$(stat -c %g "$SOCKET")" != 0 ]; then
  owner=65532
  if [ -d /reports ]; then owner=$(stat -c %u /reports); fi
  if [ "$owner" != 0 ]; then
    exec setpriv --reuid "$owner" --regid "$(stat -c %g "$SOCKET")" --clear-groups --no-new-privs "$0" "$@"
  fi
fi

# An engine that can't be reached is told by the program, better than here.
if docker version >/dev/null 2>&1; then
  for role in busybox nginx; do
    [ -n "$(docker image ls -q "$role")" ] || [ -n "$(docker image ls -q "docker-network-conformance/$role:assembled")" ] ||
      docker load --quiet --input "/images/$role.tar" >&2
  done
fi

out=
case ${1:-} in --tar | --compact)
  out=$1
  shift
  ;;
esac
if [ -n "$out" ] || [ ! -w /reports ]; then export DNC_REPORTS=/tmp/reports; fi
[ $# -gt 0 ] || set -- test
code=0
if [ -z "$out" ]; then
  /app/node_modules/.bin/dnc "$@" || code=$?
else
  /app/node_modules/.bin/dnc "$@" >&2 || code=$?
  mkdir -p "$DNC_REPORTS"
  case $out in
  --tar) tar --create --directory /tmp reports ;;
  # A command that judges nothing leaves none.
  --compact) [ ! -e "$DNC_REPORTS/compact.json" ] || cat "$DNC_REPORTS/compact.json" ;;
  esac
fi
exit "$code"
