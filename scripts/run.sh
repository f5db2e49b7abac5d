#!/usr/bin/env bash
# Runs masscanned with the arguments given. Without any, shows it at work in a
# private lab.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/deno.sh"

(($#)) || exec "$root/scripts/lab.sh" "$root/scripts/demo.sh"

# What the program may do is said in deno.json. --quiet is about Deno's own
# chatter (that a permission set in a file is a new feature), not masscanned's.
exec deno run --quiet --config "$root/deno.json" -P "$root/main.ts" "$@"
