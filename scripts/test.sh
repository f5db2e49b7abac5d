#!/usr/bin/env bash
# Runs every test: the pure ones with the format, lint and type checks
# (deno task ok), those with real clients in the lab (deno task lab), and those
# of the one executable that is made of it (deno task lab:executable).
#
#   --strict   a client or a lab that cannot be had is a failure, not a gap
set -euo pipefail
scripts=$(dirname "$(readlink -f "$0")")
source "$scripts/deno.sh"
source "$scripts/clients.sh"

strict=''
if (($#)); then
  [[ $* == --strict ]] || die "what is \"$*\"? Usage: scripts/test.sh [--strict]"
  strict=yes
fi
export MASSCANNED_STRICT=$strict
cd "$root"

results=$(mktemp -d "$deno_home/results.XXXXXX")
trap 'rm -rf "$results"' EXIT

# Sets missing to the packages of the clients that are not installed, and
# missing_unpacked to those that are not to be installed but unpacked.
find_missing() {
  local client
  missing=() missing_unpacked=()
  for client in "${!package[@]}"; do
    command -v "$client" >/dev/null || missing+=("${package[$client]}")
  done
  for client in "${!unpacked[@]}"; do
    command -v "$client" >/dev/null || missing_unpacked+=("${unpacked[$client]}")
  done
}

install_missing() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || return
  if ((${#missing[@]})); then
    apt-get install -qq -y --no-install-recommends "${missing[@]}"
  fi
  if ((${#missing_unpacked[@]})); then
    apt-get satisfy -qq -y --no-install-recommends "${libraries[@]}" &&
      unpack_missing
  fi
}

unpack_missing() (
  local file
  cd "$results" || exit
  apt-get download -qq -o APT::Sandbox::User=root "${missing_unpacked[@]}" &&
    for file in ./*.deb; do
      dpkg-deb --extract "$file" "$clients"
    done
)

find_missing
if ((EUID == 0 && ${#missing[@]} + ${#missing_unpacked[@]})) &&
  command -v apt-get >/dev/null; then
  echo "Installing the clients that the tests use:" \
    "${missing[@]}" "${missing_unpacked[@]}"
  install_missing >"$results/apt.log" 2>&1 || tail -n 3 "$results/apt.log"
  find_missing
fi

# Runs one of the suites. One that fails without a failed test (a file is
# not formatted, a module cannot be loaded) counts as one failure itself.
failed=0
suite() {
  local report=$results/$1.xml status=0 failures
  "${@:2}" --junit-path="$report" || status=$?
  failures=$(grep -c '^ *<failure ' "$report" 2>/dev/null || true)
  failed=$((failed + (status && !failures ? 1 : failures)))
}

count() {
  cat "$results"/*.xml 2>/dev/null | grep -c "^ *<$1" || true
}

suite pure deno task ok
if "$scripts/lab.sh" true || [[ $strict ]]; then
  suite lab deno task lab
  "$scripts/compile.sh" || failed=$((failed + 1))
  suite executable deno task lab:executable
else
  # Each test says that it is left out.
  suite lab deno test --allow-all test/lab test/executable
fi

skipped=$(count skipped)
passed=$(($(count 'testcase ') - $(count 'failure ') - skipped))

# Ignored tests carry the reason in their names: "ping (left out: ...)".
echo
grep -oh 'left out: [^)"]*' "$results"/*.xml | sort | uniq -c || true
((!${#missing[@]} && !${#missing_unpacked[@]})) ||
  echo "To have every client: apt-get install ${missing[*]} ${missing_unpacked[*]}"
echo "$passed passed, $failed failed, $skipped skipped"
((!failed))
