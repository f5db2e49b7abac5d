#!/usr/bin/env bash
# Makes one executable of the program, dist/masscanned, and puts beside it what
# makes a service of it on a sensor. The executable is made in one of two ways:
#
#   compiled   by "deno compile", whose base, denort, is the file in DENORT_BIN
#              or comes from Deno's own site
#   packed     where that cannot be reached: the pinned Deno and the bundled
#              program in one self-extracting file, see scripts/executable/
#
#   --way WAY          only that way, not the second if the first cannot be had
#   --target MACHINE   x86-64 or arm64, into dist/masscanned-MACHINE
#   -o FILE            into another file
#
# The same commit makes the same octets.
set -euo pipefail
scripts=$(dirname "$(readlink -f "$0")")
source "$scripts/deno.sh"

usage="Usage: scripts/compile.sh [--way compiled|packed] [--target x86-64|arm64] [-o FILE]"
ways='compiled packed' target='' output=''
[[ ! ${DENORT_BIN-} ]] || ways=compiled
while (($#)); do
  case $1${2+ $2} in
    '--way compiled' | '--way packed') ways=$2 ;;
    '--target x86-64' | '--target arm64') target=$2 ;;
    '-o '?*) output=$(realpath -m "$2") ;;
    *) die "what is \"$*\"? $usage" ;;
  esac
  shift 2
done
machine=$(uname -m)
case $target in
  x86-64) machine=x86_64 ;;
  arm64) machine=aarch64 ;;
esac
: "${output:=$root/dist/masscanned${target:+-$target}}"

# What "masscanned --version" says of the build.
stamp_of_build() {
  local commit sources=(main.ts src ffi deno.json deno.lock scripts)
  commit=$(git log -1 --format=%h.%cs --abbrev=12 2>/dev/null) || commit=unknown
  [[ ! $(git status --porcelain -- "${sources[@]}" 2>/dev/null) ]] || commit+=.modified
  echo "$commit"
}

# What dist/install.sh installs besides.
add_sensor_kit() {
  local kit=$scripts/sensor
  cp "$kit"/{install.sh,masscanned.service,ips.txt} "$root/dist"
  deno run --quiet --allow-read "$kit/manual.ts" \
    "$(git log -1 --format=%cs 2>/dev/null || date -I)" >"$root/dist/masscanned.8"
}

# The two ways. Called from a condition, where a failure ends nothing by itself.
# shellcheck disable=SC2317 # called by a name that is put together
make_compiled() {
  cd "$work/program" &&
    timeout 300 deno compile --quiet --no-check --no-lock --no-prompt \
      --config deno.json -P --deny-import \
      --app-name masscanned --target "$machine-unknown-linux-gnu" \
      "${workers[@]/#/--include=}" --output "$work/masscanned" main.mjs || return
  # What was in DENORT_BIN need not be a denort.
  [[ $machine != "$(uname -m)" ]] || "$work/masscanned" --version | grep -q '^masscanned '
}

# shellcheck disable=SC2317
make_packed() {
  local base=$deno_version-$machine
  [[ -x $deno_home/$base/deno ]] || fetch_deno "$machine" "$base" || return
  deno run --quiet --no-config --allow-read --allow-write "$scripts/executable/pack.ts" \
    "$deno_home/$base/deno" "$work/program" "$machine" "$work/masscanned"
}

cd "$root"
mkdir -p "$deno_home" "${output%/*}"
work=$(mktemp -d "$deno_home/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
log=$work/log

mkdir "$work/source"
cp -R main.ts src ffi deno.json deno.lock "$work/source"
deno run --quiet --no-config --allow-all "$scripts/executable/bundle.ts" \
  "$work/source" "$work/program" "$(stamp_of_build)" >"$log" 2>&1 ||
  die "cannot bundle the program: $(cause "$log")"
# deno compile notes their times.
touch -d "$(git log -1 --format=@%ct 2>/dev/null || echo @0)" "$work"/program/*
workers=()
for file in "$work"/program/*.mjs; do
  [[ $file == */main.mjs ]] || workers+=("${file##*/}")
done

for way in $ways; do
  if ("make_$way") >"$log" 2>&1; then
    mv -f "$work/masscanned" "$output"
    [[ $output != "$root/dist/"* ]] || (cd "$root" && add_sensor_kit)
    echo "${output#"$root/"}: $way, for $machine, $(($(stat -c %s "$output") / 1000000)) MB"
    exit
  fi
  reason=$(grep -om1 'error sending request for url [^:]*:[^:]*' "$log" || cause "$log")
  echo "masscanned: not $way: ${reason:-what comes out does not run}" >&2
done
exit 1
