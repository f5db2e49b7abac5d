#!/usr/bin/env bash
# Measures masscanned on the lab's virtual cable: how much it answers, what that
# costs, and how others compare.
#
#   --rounds N        how often everything is measured; 5 if absent
#   --milliseconds N  how long each time; 1000 if absent
#   --json FILE       write the figures there, too
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/deno.sh"
exec "$root/scripts/lab.sh" deno run --quiet --config "$root/deno.json" \
  --allow-all "$root/test/bench/live/main.ts" "$@"
