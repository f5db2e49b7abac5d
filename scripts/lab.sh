#!/usr/bin/env bash
# Runs a command in a private lab:
#
#    the command's side                      the sensor's side
#    client0  192.0.2.1      veth pair       sensor0  192.0.2.2
#             2001:db8::1  <----------->              2001:db8::2
#
# The lab's namespaces have no names, only processes in them, and the kernel
# ends every one of those with the lab's first process, however it ends: nothing
# can be left behind. Root may always make a lab; others, where the system lets
# them have user namespaces.
#
# In the lab, $LAB_SENSOR is the process that holds the sensor's side: run
# something there with  nsenter --net=/proc/$LAB_SENSOR/ns/net COMMAND.
# $LAB_SHELL is the line that, in another terminal, gives a shell on the
# command's side.
set -euo pipefail

# The lab's first process: lays the cable, then runs the command.
inside() {
  # Its process id as the host sees it; then a /proc with the lab's own ids.
  # Where that cannot be mounted, the host's serves as well.
  local host_pid
  read -r host_pid _ </proc/self/stat
  mount -t proc proc /proc 2>/dev/null || true
  export LAB_SHELL="${SUDO_USER:+sudo }nsenter -t $host_pid$LAB_USER -m -p -n --wd=$PWD bash"

  # shellcheck disable=SC2016 # for the inner shell to expand
  read -r LAB_SENSOR < <(exec unshare --net bash -c '
    read -r pid _ </proc/self/stat
    echo "$pid"
    exec sleep infinity >/dev/null')
  export LAB_SENSOR

  # Link-local addresses of our own, and nodad: usable at once.
  ip -batch - <<-END
	link set lo up
	link add client0 type veth peer name sensor0 netns /proc/$LAB_SENSOR/ns/net
	link set client0 addrgenmode none up
	address add 192.0.2.1/24 dev client0
	address add 2001:db8::1/64 dev client0 nodad
	address add fe80::1/64 dev client0 nodad
	END
  nsenter --net="/proc/$LAB_SENSOR/ns/net" ip -batch - <<-END
	link set lo up
	link set sensor0 addrgenmode none up
	address add 192.0.2.2/24 dev sensor0
	address add 2001:db8::2/64 dev sensor0 nodad
	address add fe80::2/64 dev sensor0 nodad
	END
  "$@"
  exit
}

# Says in one line what would let this user make a lab.
explain() {
  local switch file
  ((EUID)) || die "root may not make network namespaces here:" \
    "in a container, start it with --privileged; or use a machine of its own"
  for switch in kernel.unprivileged_userns_clone=1 \
    kernel.apparmor_restrict_unprivileged_userns=0 user.max_user_namespaces=15000; do
    # Only a switch that is there and stands the other way can be to blame.
    file=/proc/sys/${switch%=*}
    [[ $(cat "${file//.//}" 2>/dev/null) == $((! ${switch#*=})) ]] || continue
    die "this system keeps the lab's namespaces to root:" \
      "run it with sudo, or allow them with  sudo sysctl -w $switch"
  done
  die "this system keeps the lab's namespaces to root: run it with sudo"
}

if [[ ${1-} == --inside ]]; then
  inside "${@:2}"
fi

source "$(dirname "$(readlink -f "$0")")/deno.sh"
(($#)) || die "what shall run in the lab? Usage: scripts/lab.sh COMMAND [ARGUMENT...]"
command -v ip >/dev/null || die "the lab needs ip; on Debian and Ubuntu: apt-get install iproute2"

unshare=(unshare --net --pid --mount --fork --kill-child)
export LAB_USER=''
if ((EUID)); then
  unshare+=(--user --map-root-user)
  LAB_USER=' -U --preserve-credentials'
fi
"${unshare[@]}" true 2>/dev/null || explain

# In the background, so that a signal is acted upon at once; env undoes what
# that does to Ctrl-C, <&0 what it does to standard input. If this script is
# killed outright, the kernel ends the lab (--pdeathsig, --kill-child).
env --default-signal=INT,QUIT setpriv --pdeathsig KILL \
  "${unshare[@]}" "$0" --inside "$@" <&0 &
lab=$!

# shellcheck disable=SC2317 # the traps call it
end_lab() {
  local init
  init=$(<"/proc/$lab/task/$lab/children")
  kill -KILL "$lab"
  wait "$lab" 2>/dev/null || true
  # Come back only when the lab's first process, and so all of it, is gone.
  timeout 5 tail --pid="${init% }" -s 0.01 -f /dev/null || true
  exit "$1"
}
trap 'end_lab 129' HUP
trap 'end_lab 143' TERM
# From a terminal, Ctrl-C reaches the command too, which knows what to do.
trap '[[ -t 0 || -t 1 || -t 2 ]] || end_lab 130' INT

status=0
wait "$lab" || status=$?
while kill -0 "$lab" 2>/dev/null; do # a signal that ended nothing
  status=0
  wait "$lab" || status=$?
done
exit "$status"
