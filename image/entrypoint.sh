#!/bin/sh
# Runs the program in its image: with no more rights than the socket asks for, and with its own two images where the
# engine has none. `--tar` first: the reports go to standard output as a tar, what is said to standard error.
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

tar=
if [ "${1:-}" = --tar ]; then
  tar=1
  shift
fi
if [ -n "$tar" ] || [ ! -w /reports ]; then export DNC_REPORTS=/tmp/reports; fi
[ $# -gt 0 ] || set -- test
code=0
if [ -n "$tar" ]; then
  /app/node_modules/.bin/dnc "$@" >&2 || code=$?
  mkdir -p "$DNC_REPORTS"
  tar --create --directory /tmp reports
else
  /app/node_modules/.bin/dnc "$@" || code=$?
fi
exit "$code"
