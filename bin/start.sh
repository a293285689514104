#!/bin/sh
# Starts the service on the runtime that RUNTIME names: bun (default), deno or node, each from node_modules.
#
# Promises that the runtime takes this process over (exec at every step), so that a signal sent to npm reaches the
# service exactly once and its exit code is npm's. Needs nothing but a POSIX shell. Never downloads: a missing runtime
# is one clear line and exit 2. `command` as the first word runs the command line instead of the service; what follows goes to it.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd -P)
modules=$root/node_modules
entry=$root/src/main.ts
if [ "${1:-}" = command ]; then
  entry=$root/src/app/command.ts
  shift
fi

stop() {
  echo "$1" >&2
  exit 2
}

# The first candidate that is a program. Where install scripts did not run, the name in a runtime's own package is
# absent or a small placeholder, while the platform package may hold the real binary.
program() {
  for candidate in "$@"; do
    if [ -f "$candidate" ] && [ -x "$candidate" ] && [ "$(wc -c <"$candidate")" -gt 1000000 ]; then
      echo "$candidate"
      return
    fi
  done
}

runtime=${RUNTIME:-bun}
case $runtime in
bun | deno | node) ;;
*) stop "RUNTIME is \"$runtime\": expected bun, deno or node" ;;
esac
[ -d "$modules" ] || stop "node_modules is missing in $root: run npm ci first"

case $runtime in
bun) binary=$(program "$modules/bun/bin/bun.exe" "$modules"/@oven/bun-*/bin/bun) ;;
deno) binary=$(program "$modules/deno/deno" "$modules"/@deno/*/deno) ;;
node) binary=$(program "$modules/node/bin/node") ;;
esac
[ -n "$binary" ] || stop "RUNTIME is \"$runtime\", but its program is not in node_modules: run npm ci with install scripts allowed"

export DENO_NO_UPDATE_CHECK=1
# No runtime may read a .env file, fetch a package, or ask on the terminal: settings come from the environment alone.
case $runtime in
bun) exec "$binary" --no-env-file --no-install "$entry" "$@" ;;
deno) exec "$binary" run -A --no-prompt --no-lock --no-remote --node-modules-dir=manual "$entry" "$@" ;;
node) exec "$binary" "$entry" "$@" ;;
esac
