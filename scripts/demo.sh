#!/usr/bin/env bash
# What run.sh shows without arguments; runs in the lab, on the clients' side.
set -euo pipefail
scripts=$(dirname "$(readlink -f "$0")")
source "$scripts/clients.sh"

ours=192.0.2.10,192.0.2.11,2001:db8::10

bold='' green='' plain=''
if [[ -t 1 && ! ${NO_COLOR-} ]]; then
  bold=$'\e[1m' green=$'\e[32m' plain=$'\e[0m'
fi

heading() {
  printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

# Prints lines of masscanned's own output until the one that begins as given, or
# to the end. Fails if they end first.
show_masscanned() {
  local line
  while IFS= read -r line; do
    printf '%s  masscanned │ %s%s\n' "$green" "$line" "$plain"
    [[ ! ${1-} || $line != "$1"* ]] || return 0
  done
  return 1
}

# Shows a command and what it prints. The pause lets masscanned say its part.
try() {
  heading "\$ $*"
  if command -v "$1" >/dev/null; then
    timeout --foreground 10 "$@" 2>&1 |
      awk '{ sub(/\r$/, "") } NF { print "  " $0 }' || true
    sleep 0.3
  else
    echo "  $1 is not installed; on Debian and Ubuntu: apt-get install ${package[$1]}"
  fi
}

# Ctrl-C is how this is meant to end. The lab goes with this script.
trap 'printf "\nStopped. Nothing is left of the lab.\n"; exit 0' INT

cat <<END

A private lab: two network namespaces and a cable, all of it on this machine.

  ${bold}clients${plain}                                 ${bold}sensor${plain}
  client0  192.0.2.1      ───────────▶    sensor0  masscanned answers for
           2001:db8::1                             192.0.2.10, 192.0.2.11,
                                                   2001:db8::10
END

heading "The sensor: masscanned -i sensor0 --self-ip-list $ours"
exec {log}< <(exec nsenter --net="/proc/$LAB_SENSOR/ns/net" \
  "$scripts/run.sh" -i sensor0 --self-ip-list "$ours" 2>&1)
if ! show_masscanned 'WARN - answering on' <&"$log"; then
  echo "masscanned did not start." >&2
  exit 1
fi
show_masscanned <&"$log" &
masscanned=$!

try arping -c 1 -I client0 192.0.2.10
try ping -c 1 192.0.2.10
try ping -c 1 2001:db8::10
try curl -sS -i http://192.0.2.10:8080/hello

heading 'Now you'
cat <<END
  A shell at the clients' end, from another terminal:
    ${bold}$LAB_SHELL${plain}
  There, every port of every address answers; for instance:
    curl -v 'http://[2001:db8::10]/'
    nmap -n -F 192.0.2.11
  On an interface of your own, for addresses that nobody else uses:
    sudo ./scripts/run.sh -i eth0 -f addresses.txt
    ./scripts/run.sh --help

Ctrl-C ends masscanned and the lab.
END

wait "$masscanned" || true
echo "masscanned has ended by itself." >&2
exit 1
