#!/bin/sh
# Installs masscanned on a sensor, or a newer one over it, as a service; run as
# root.
#
#   install.sh [EXECUTABLE]           installs; by default the one beside this
#   install.sh --uninstall [--purge]  undoes it; with --purge, forgets the
#                                     configuration and what was written, too
#
# With DESTDIR set, everything goes below that folder and systemd is not told.
set -eu

root=${DESTDIR-}
prefix=$root/usr/local
bin=$prefix/bin/masscanned
lib=$prefix/lib/masscanned # MASSCANNED_CACHE of the service
unit=$prefix/lib/systemd/system/masscanned.service
manual=$prefix/share/man/man8/masscanned.8
bash=$prefix/share/bash-completion/completions/masscanned
zsh=$prefix/share/zsh/site-functions/_masscanned
fish=$prefix/share/fish/vendor_completions.d/masscanned.fish
config=$root/etc/masscanned

die() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

# Tells systemd, where it runs.
tell_systemd() {
  [ "$root" ] || [ ! -d /run/systemd/system ] || systemctl "$@"
}

# Puts what it reads in a file, all of it or nothing.
put() {
  mkdir -p "${2%/*}"
  cat >"$2.new"
  chmod "$1" "$2.new"
  mv -f "$2.new" "$2"
}

uninstall() {
  tell_systemd disable --now masscanned 2>/dev/null || true
  rm -f "$bin" "$unit" "$manual" "$bash" "$zsh" "$fish"
  rm -rf "$lib" "$root/var/cache/masscanned"
  tell_systemd daemon-reload
  if [ "$1" ]; then
    rm -rf "$config" "$root/var/log/masscanned" "$root/var/log/private/masscanned"
  else
    echo "masscanned is gone; left: $config and /var/log/masscanned (--purge)"
  fi
}

install_program() {
  [ -f "$executable" ] || die "there is no $executable; name it: install.sh EXECUTABLE"
  # Unpacks it for the service. One that was made by deno compile has no need.
  mkdir -p "$lib"
  version=$(MASSCANNED_CACHE=$lib sh -c '"$0" --version' "$executable") || exit
  put 755 "$bin" <"$executable"
}

install_rest() {
  put 644 "$unit" <"$here/masscanned.service"
  [ ! -f "$here/masscanned.8" ] || put 644 "$manual" <"$here/masscanned.8"
  MASSCANNED_CACHE=$lib
  export MASSCANNED_CACHE
  "$bin" completion bash | put 644 "$bash"
  "$bin" completion zsh | put 644 "$zsh"
  "$bin" completion fish | put 644 "$fish"
  [ -e "$config/ips.txt" ] || put 644 "$config/ips.txt" <"$here/ips.txt"
  [ -e "$config/masscanned.toml" ] || {
    printf 'self-ip-file = "/etc/masscanned/ips.txt"\n\n'
    "$bin" config example
  } | put 644 "$config/masscanned.toml"
  tell_systemd daemon-reload
  tell_systemd try-restart masscanned
}

# What earlier versions unpacked; by now the service runs the new one.
remove_old() {
  contents=$(sed -n 's/^contents=//p; /^exec /q' "$bin")
  for folder in "$lib"/*; do
    [ "$folder" = "$lib/$contents" ] || rm -rf "$folder"
  done
}

case ${1-} in
  --uninstall) [ $# = 1 ] || [ "$*" = "--uninstall --purge" ] || die "what is \"$*\"?" ;;
  -*) die "what is \"$*\"? Usage: install.sh [EXECUTABLE] | --uninstall [--purge]" ;;
esac
[ "$root" ] || [ "$(id -u)" = 0 ] || die "root must run this: sudo $0 $*"
umask 022
if [ "${1-}" = --uninstall ]; then
  uninstall "${2-}"
  exit
fi
here=$(dirname "$(readlink -f "$0")")
executable=${1-$here/masscanned}
case $executable in
  */*) ;;
  *) executable=./$executable ;;
esac
install_program
install_rest
remove_old
cat <<END
$version is installed.
Say in $config what it answers: the interface (iface) in
masscanned.toml, the addresses in ips.txt. Then:
  systemctl enable --now masscanned
END
