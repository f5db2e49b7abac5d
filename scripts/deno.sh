# shellcheck shell=bash
# Sourced by the other scripts: puts the pinned Deno first on PATH and readies
# the libraries. A Deno of that very version on PATH is used as it is; otherwise
# it is fetched from the npm registry. Everything lands in .deno/ in the
# project's folder, and nothing outside that folder changes.

deno_version=2.9.6

root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
deno_home=$root/.deno

clients=$deno_home/clients # see clients.sh
export PATH=$deno_home/$deno_version:$PATH:/usr/sbin:/sbin
export PATH=$PATH:$clients/usr/bin:$clients/usr/sbin:$clients/sbin
export DENO_DIR=$deno_home/cache DENO_NO_UPDATE_CHECK=1 DENO_NO_PROMPT=1

die() {
  echo "masscanned: $*" >&2
  exit 1
}

# Installs Deno's own npm package for a machine, with npm or with a Deno of
# another version, in a folder of its own; the rename at the end is atomic, so
# that two first runs at once do each other no harm. Its arguments are the
# machine as uname names it, and the folder below .deno/.
fetch_deno() (
  case $1 in
    x86_64) package=@deno/linux-x64-glibc ;;
    aarch64) package=@deno/linux-arm64-glibc ;;
    *) die "there is no Deno for $1: Linux on x86-64 or arm64 is needed" ;;
  esac
  new=$(mktemp -d "$deno_home/new.XXXXXX")
  trap 'rm -rf "$new"' EXIT
  cd "$new" || exit
  if command -v npm >/dev/null; then
    # --force: the package may be another machine's.
    fetch=(npm install --prefix "$new" --cache "$new/npm" --no-save --no-audit
      --force --no-fund --no-update-notifier --ignore-scripts --loglevel=error
      --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000
      "$package@$deno_version")
  elif command -v deno >/dev/null; then
    fetch=(env DENO_DIR="$new" deno cache --quiet --no-config --no-lock
      "npm:$package@$deno_version")
  else
    die "neither npm nor deno is on $(id -un)'s PATH; on Debian and Ubuntu: apt-get install npm"
  fi
  echo "masscanned: fetching Deno $deno_version into .deno/ (once, about 50 MB)" >&2
  "${fetch[@]}" >log 2>&1 || die "cannot fetch Deno $deno_version: $(cause log)"
  binary=$(find . -path "*$package*/deno" -type f | head -n 1)
  [[ $binary ]] || die "cannot fetch Deno $deno_version: its package holds no program"
  chmod +x "$binary"
  [[ $1 != "$(uname -m)" ]] || "$binary" --version >log 2>&1 ||
    die "Deno $deno_version does not run here: $(cause log)"
  mkdir -p "$deno_home/$2"
  mv -f "$binary" "$deno_home/$2/deno"
)

# The line of a log that says most: npm's and Deno's first error with words in
# it; and what helps where a proxy shows a certificate of its own.
cause() {
  sed -E 's/\x1b\[[0-9;]*m//g; s/^(masscanned: |npm (ERR!|error)|error:) *//; /^(code|errno|syscall|A complete log|fetching Deno|$)/d' "$1" |
    head -n 1 |
    sed -E '/self.signed|unable to get local issuer|UnknownIssuer/s/$/; name your authority: NODE_EXTRA_CA_CERTS=FILE (npm), DENO_CERT=FILE (Deno)/'
}

# Caches the libraries and compiles the program, so that the lab, which has no
# way out, finds everything there.
fetch_libraries() {
  local log=$deno_home/log.$$
  (
    cd "$root"
    deno install --quiet && deno cache --quiet main.ts
  ) >"$log" 2>&1 || die "cannot fetch the libraries: $(cause "$log")$(rm -f "$log")"
  rm -f "$log"
  touch "$deno_home/ready"
}

has_deno() {
  [[ $(deno --version 2>/dev/null) == "deno $deno_version "* ]]
}

has_libraries() {
  [[ $deno_home/ready -nt $root/deno.json && ! $root/deno.lock -nt $deno_home/ready ]]
}

if ! has_deno || ! has_libraries; then
  mkdir -p "$deno_home" 2>/dev/null || true
  [[ -w $root && -w $deno_home ]] ||
    die "$(id -un) cannot write in $root or its folder .deno: whoever owns them must run this first"
  has_deno || fetch_deno "$(uname -m)" "$deno_version" || exit
  has_libraries || fetch_libraries
fi

# After sudo, what root wrote goes to whoever owns the project's folder: they
# must be able to use and to remove it.
if ((EUID == 0)) && [[ ! -O $root ]]; then
  chown -R --reference="$root" "$deno_home" "$root"/deno.lock* 2>/dev/null || true
fi
