#!/bin/sh
# masscanned in one file: this script, and behind it, packed with gzip, the
# runtime and the program. They are unpacked once, into a folder named after
# what is in them, below $MASSCANNED_CACHE; or else, below /var/cache for root,
# $XDG_CACHE_HOME or ~/.cache for others. That folder can be removed at any time.
# What install.sh has unpacked serves everybody.
set -eu

contents=@CONTENTS@
installed=/usr/local/lib/masscanned
# Where each file is: its name, its mode, the octet (from 1) that it begins at,
# and its length while packed; then its name and its length when unpacked.
packed='@PACKED@'
unpacked='@UNPACKED@'
files='@NAMES@'

self=$0

die() {
  printf 'masscanned: %s\n' "$*" >&2
  exit 1
}

# The length tells a file that a loss of power cut short.
is_unpacked() {
  # shellcheck disable=SC2086 # several words
  [ "$(cd -- "$folder" 2>/dev/null && stat -c '%n %s' $files 2>/dev/null)" = \
    "$unpacked" ]
}

# Whatever another user can write, they could have written: neither a folder and
# the files in it nor a folder on the way there may be open to others, but for
# folders where everybody keeps what is theirs (such as /tmp). The owner of / may
# be trusted: root, who in a user namespace can have another number.
check_owners() {
  path=$(cd -P -- "$1" && pwd -P)
  shift
  for file; do
    set -- "$@" "$path/$file"
    shift
  done
  while [ "$path" ]; do
    set -- "$@" "$path"
    path=${path%/*}
  done
  stat -c '%u %a %n' -- / "$@" | {
    root=
    while read -r owner mode path; do
      : "${root:=$owner}"
      case $owner in
        "$user" | "$root") ;;
        *) die "will not run what user $owner may have changed: \"$path\" is" \
          "theirs. Name a folder of your own: MASSCANNED_CACHE=FOLDER" ;;
      esac
      case $mode in
        [1357]???) ;;
        *[2367]? | *[2367])
          die "will not run what others may have changed: they can write in" \
            "\"$path\". Try: chmod go-w \"$path\"; or MASSCANNED_CACHE=FOLDER"
          ;;
      esac
    done
  }
}

unpack() {
  (umask 022 && mkdir -p -- "$cache") 2>/dev/null || true
  [ ! -d "$cache" ] || check_owners "$cache"
  new=$(mktemp -d -- "$cache/new.XXXXXX" 2>/dev/null) ||
    die "cannot unpack: $(id -un 2>/dev/null || echo "user $user") cannot write" \
      "in \"$cache\". Name a folder that can be: MASSCANNED_CACHE=FOLDER"
  trap 'rm -rf -- "$new"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  while read -r name mode start length; do
    if ! reason=$({ tail -c "+$start" | head -c "$length" | gzip -dc; } \
      <"$self" 2>&1 >"$new/$name"); then
      die "cannot unpack into \"$cache\": $(echo "$reason" | tr -s '\n' ' ')-" \
        "it takes @NEEDED@ MB there, gzip, and a whole copy of this file." \
        "To name another folder: MASSCANNED_CACHE=FOLDER"
    fi
    chmod "$mode" "$new/$name"
  done <<END
$packed
END
  chmod 755 "$new"
  [ -x "$new/masscanned" ] || die_of_noexec
  reason=$("$new/masscanned" --version 2>&1) ||
    die "does not run on this machine, which is not Linux on @MACHINE@ with" \
      "glibc 2.27 or later: $(echo "$reason" | head -n 1)"
  sync -- "$new"/* "$new" 2>/dev/null || sync

  # Of two at once, one is first, and the other takes what that one unpacked.
  if ! mv -T -- "$new" "$folder" 2>/dev/null && ! is_unpacked; then
    rm -rf -- "$folder" 2>/dev/null || true
    mv -T -- "$new" "$folder" 2>/dev/null || is_unpacked ||
      die "cannot unpack: something is in the way. Remove \"$folder\""
  fi
  rm -rf -- "$new"
  trap - EXIT HUP INT TERM
}

die_of_noexec() {
  die "cannot run anything in \"$cache\", for its disk is mounted noexec." \
    "Name a folder on another: MASSCANNED_CACHE=FOLDER"
}

# The user's folder, which HOME is not where sudo has set it and setpriv has
# then changed the user.
home() {
  owner=$(stat -c %u -- "${HOME-}" 2>/dev/null) || owner=$user
  if [ "$owner" != "$user" ]; then
    theirs=$(getent passwd "$user" 2>/dev/null | cut -d: -f6)
  fi
  printf %s "${theirs:-${HOME-}}"
}

# Neither relative paths nor Deno could do without.
[ "$(pwd -P 2>/dev/null)" ] ||
  die "cannot run in a folder that was removed: cd to another"
[ -r "$self" ] || die "cannot read \"$self\", which is where the program is"
user=$(id -u)
if [ "${MASSCANNED_CACHE-}" ]; then
  cache=$MASSCANNED_CACHE
elif [ -d "$installed/$contents" ]; then
  cache=$installed
elif [ "$user" = 0 ]; then
  cache=/var/cache/masscanned
elif [ "${XDG_CACHE_HOME:-$(home)}" ]; then
  cache=${XDG_CACHE_HOME:-$(home)/.cache}/masscanned
else
  die 'does not know where to unpack, for HOME is not set.' \
    'Name a folder: MASSCANNED_CACHE=FOLDER'
fi
case $cache in
  /*) ;;
  *) cache=$PWD/$cache ;;
esac
folder=$cache/$contents

is_unpacked || unpack
# shellcheck disable=SC2086 # several words
check_owners "$folder" $files
[ -x "$folder/masscanned" ] || die_of_noexec

# What it may do is said in deno.json, which holds nothing else.
export DENO_DIR="$folder/deno" DENO_NO_PACKAGE_JSON=1 DENO_NO_UPDATE_CHECK=1
exec "$folder/masscanned" run --quiet --no-prompt --no-lock --no-remote \
  --no-npm --no-code-cache --config "$folder/deno.json" -P \
  "$folder/main.mjs" "$@"
