#!/usr/bin/env bash
# Soaks masscanned in a mixed hostile load for a while, in a private lab, and
# writes how it fared: scripts/soak.sh [MINUTES [FOLDER]]; 30 minutes and
# .deno/soak/ if they are absent. Ends with status 0 if there was no exception.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/deno.sh"

minutes=${1:-30}
folder=${2:-$deno_home/soak}
[[ $minutes =~ ^[0-9]+(\.[0-9]+)?$ ]] ||
  die "what is \"$minutes\"? Usage: scripts/soak.sh [MINUTES [FOLDER]]"
for client in hping3 masscan nmap; do
  command -v "$client" >/dev/null ||
    die "the load needs $client; on Debian and Ubuntu: apt-get install $client"
done
mkdir -p "$folder"
exec "$root/scripts/lab.sh" deno run --quiet --config "$root/deno.json" \
  --allow-all "$root/test/soak/main.ts" "$minutes" "$(readlink -f "$folder")"
