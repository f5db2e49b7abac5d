#!/usr/bin/env bash
# Records the captures in test/pcap/ anew: in a private lab, real clients talk
# to masscanned, and dumpcap listens on their side. With names as arguments
# (such as http/curl_get), records those only, and needs their clients only.
#
# What each one shows, and how often masscanned has to answer, says
# test/captures.ts: the two lists go together. Those in scanner/ show who sent
# them, which test/scanner/recogniser_test.ts has to find out; their names begin
# with the scanner and its version, for versions differ. Hardware addresses and the key of
# the SYN cookies are fixed; ports, times and the clients' versions are what
# they are on the day.
set -euo pipefail
shopt -s inherit_errexit
scripts=$(dirname "$(readlink -f "$0")")
source "$scripts/deno.sh"
source "$scripts/clients.sh"

# Known to test/harness.ts and test/captures.ts, too.
our_mac=02:00:00:00:00:01
ours=192.0.2.10
also_ours=192.0.2.11
ours_6=2001:db8::10
key=00000000000000000000000000000000 # what replay takes for granted
python=/usr/bin/python3              # Debian's, which has Debian's scapy

client_mac=02:00:00:00:00:02
host=192.0.2.2
host_mac=02:00:00:00:00:03
nobody=192.0.2.99
nobody_6=2001:db8::99

# What the client sends and what we send, but for the multicast memberships
# (IGMP, MLD) and router solicitations that the client's kernel mentions at
# times of its own choosing.
filter="(ether src $client_mac or ether src $our_mac) and not igmp and
  not ether dst 33:33:00:00:00:02 and not ether dst 33:33:00:00:00:16"

# Nothing, an odd number of octets, the usual number, as many as a frame takes.
ping_sizes() {
  local size
  for size in 0 1 56 "$2"; do
    ping -n -c 1 -s "$size" "$1"
  done
}

# The kernel finds out by itself that the address is taken.
take_address() {
  ip address add "$1" dev client0
  until ip address show dev client0 | grep -q dadfailed; do
    sleep 0.1
  done
  ip address delete "$1" dev client0
}

get() {
  curl -sS --max-time 10 "$@"
}

get_methods() {
  local method
  for method in GET PUT DELETE OPTIONS PATCH TRACE PROPFIND BREW; do
    get -X "$method" "$1"
  done
}

# Sends its argument, then waits until masscanned hangs up.
say_at_once() {
  printf %b "$1" >"$work/said"
  exec {stream}<>"/dev/tcp/$ours/80"
  cat "$work/said" >&"$stream" # in one write; bash would make it one per line
  timeout 10 cat <&"$stream"
  exec {stream}>&-
}

# The same, one octet a segment.
say_slowly() {
  local octets i
  octets=$(printf %b. "$1") # the dot keeps the line ends from being dropped
  exec {stream}<>"/dev/tcp/$ours/80"
  for ((i = 0; i < ${#octets} - 1; i++)); do
    printf %s "${octets:i:1}" >&"$stream"
    sleep 0.01 # Nagle's algorithm, RFC 9293 §3.7.4, waits for an acknowledgment
  done
  timeout 10 cat <&"$stream"
  exec {stream}>&-
}

# What has no client that could be had: sends each message, in hexadecimal, and
# waits for its answer.
converse() {
  python3 - "$@" <<-'END'
	import socket, sys
	host, port, *messages = sys.argv[1:]
	with socket.create_connection((host, int(port)), timeout=10) as client:
	    for message in messages:
	        client.sendall(bytes.fromhex(message))
	        assert client.recv(4096)
	END
}

# Asks a name server, too much and in vain included.
dig_all() {
  local question
  while read -r question; do
    # shellcheck disable=SC2086 # several words
    dig +time=5 +tries=1 "$@" $question || [[ $question == *AXFR ]]
  done <<-'END'
	www.example.com A
	www.example.com AAAA
	+noedns www.example.com MX
	+dnssec +nsid www.example.com ANY
	+edns=1 +noednsnegotiation www.example.com A
	+opcode=NOTIFY www.example.com SOA
	version.bind CH TXT
	+tcp www.example.com A
	example.com AXFR
	END
}

# A browser, which shows its user a page that asks for a password.
browse() {
  chromium --headless --no-sandbox --disable-gpu --no-first-run \
    --user-data-dir="$work/browser" --dump-dom --disable-background-networking \
    --disable-component-update "$1"
}

shake_hands() {
  fails openssl s_client -connect "$ours:443" "$@"
}

log_in_over_ssh() {
  fails ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=no \
    -o UserKnownHostsFile=/dev/null "root@$1"
}

# As somebody with a name, and as nobody.
list_shares() {
  fails smbclient -L "$ours" -U CORP/alice%secret "$@"
  fails smbclient -L "$ours" -N -U % "$@"
}

call_port_mapper() {
  rpcinfo "$1" "$ours" 100000
  fails rpcinfo "$1" "$ours" 100003
}

list_port_mapper() {
  rpcinfo -p "$1"
  rpcinfo "$1"
}

# Sends what the client sent in other captures again, in a VLAN.
say_tagged() {
  local name
  for name; do
    deno run --quiet --config "$root/deno.json" -P "$scripts/tag_frames.ts" \
      "$root/test/pcap/$name.pcap" "$work/tagged" "$client_mac" 7 5
    tcpreplay --intf1=client0 --pps=100 "$work/tagged"
  done
}

# Somebody else's addresses: asked for, behind our hardware address as if a
# router had it wrong, and the host's own; and everybody's.
ask_others() {
  fails arping -c 1 -w 1 -I client0 "$nobody"
  fails ndisc6 -1 -r 1 "$nobody_6" client0
  fails ping -n -c 1 -W 1 "$nobody"
  fails ping -n -c 1 -W 1 "$nobody_6"
  fails curl -sS --connect-timeout 0.5 "http://$nobody/"
  fails curl -sS --connect-timeout 0.5 "http://[$nobody_6]/"
  fails ping -n -c 1 -W 1 -b 192.0.2.255
  fails ping -n -c 1 -W 1 -I client0 224.0.0.1
  ping -n -c 1 "$host"
}

# Scans with ZMap, whose configuration excludes addresses for documentation.
scan_with_zmap() {
  zmap -b /dev/null -i client0 -G "$our_mac" -S 192.0.2.1 \
    --cooldown-time=1 --rate=100 --output-file=/dev/null "$@" "$ours/31"
}

# Scans with masscan, from an address that the kernel does not know of: or it
# would reset what it did not begin.
scan_with_masscan() {
  masscan --adapter client0 --source-ip 192.0.2.50 \
    --source-ip 2001:db8::50 --rate 100 --wait 1 \
    --router-mac "${our_mac//:/-}" "$@"
}

# The same, until it has what it connected for. It looks at the time only when
# a frame comes in, so some do.
scan_banners_with_masscan() {
  ping -q -n "$also_ours" >/dev/null &
  fails timeout -s INT 15 masscan --adapter client0 --source-ip 192.0.2.50 \
    --rate 100 --router-mac "${our_mac//:/-}" --banners --wait 30 "$@"
  kill "$!"
}

# Pings without an echo's reply are what hping3 takes for failure.
scan_with_hping() {
  hping3 -I client0 --syn -p ++80 -c 3 --interval u50000 "$ours"
  fails hping3 -I client0 -p ++80 -c 2 --interval u50000 "$ours" # without flags
}

scan_with_scapy() {
  "$python" - <<-END
	from scapy.all import *
	ether = Ether(dst="$our_mac", src="$client_mac")
	sendp([ether / IP(dst="$ours") / TCP(dport=port) for port in (22, 80)],
	      iface="client0")
	END
}

# Asks for a page the way each scanner of web sites begins.
scan_web() {
  echo admin >"$work/words"
  echo admin:admin >"$work/logins"
  case $1 in
    ffuf) ffuf -s -t 1 -u "$site/FUZZ" -w "$work/words" ;;
    gobuster) fails gobuster dir -q -t 1 -u "$site/" -w "$work/words" ;;
    hydra) hydra -q -t 1 -C "$work/logins" "$ours" http-get / ;;
    sqlmap) sqlmap --batch -u "$site/?a=1" --auth-type=basic \
      --auth-cred=admin:admin ;;
    whatweb) whatweb -q "$site/" ;;
  esac
}

# Runs a command that must not succeed.
fails() {
  ! "$@"
}

# The version of a client; nothing if it is not there.
version_of() {
  { "$1" --version || true; } 2>/dev/null | grep -om1 '[0-9.]*[0-9]' || true
}

# Reads lines from a file descriptor until one begins as given.
wait_for() {
  local last line=
  until [[ $line == "$1"* ]]; do
    last=$line
    read -r line <&"$2" || die "no \"$1\", but: $last"
  done
}

# Captures what goes over the cable while a command runs. Neighbours are
# forgotten first, so that every capture begins with finding us.
record() {
  local file=$root/test/pcap/$1.pcap ears line dumpcap
  known+=" $1 "
  [[ ! $wanted || $wanted == *" $1 "* ]] || return 0
  mkdir -p "${file%/*}"
  ip neighbour flush dev client0
  exec {ears}< <(exec dumpcap -q -P -i client0 -f "$filter" \
    -w "$work/pcap" 2>&1)
  dumpcap=$!
  wait_for File: "$ears"

  # In the background, where a failure within a function ends it.
  "${@:2}" <&0 >"$work/log" 2>&1 &
  wait "$!" || die "$1: $(cat "$work/log")"
  sleep 0.5 # for the last words of the kernels
  kill -INT "$dumpcap"
  while read -r line <&"$ears"; do
    [[ $line != *received/dropped* || $line == *' (100.0%)' ]] || die "$1: $line"
  done
  exec {ears}<&-
  cat "$work/pcap" >"$file" # and not its mode, for its owner only
  echo "$1: $(stat -c %s "$file") octets"
}

# Starts a masscanned with arguments of its own, in place of the former one.
start_masscanned() {
  if [[ $masscanned ]]; then
    kill "$masscanned"
    timeout 10 tail --pid="$masscanned" -s 0.1 -f /dev/null
  fi
  exec {log}< <(exec nsenter --net="/proc/$LAB_SENSOR/ns/net" \
    "$scripts/run.sh" -i sensor0 -m "$our_mac" --cookie-key "$key" \
    --self-ip-list "$ours,$also_ours,$ours_6" "$@" 2>&1 >/dev/null)
  masscanned=$!
  wait_for 'WARN - answering on' "$log"
  cat <&"$log" >/dev/null &
}

if [[ ! ${LAB_SENSOR-} ]]; then
  exec "$scripts/lab.sh" "$0" "$@"
fi

wanted=${*:+ $* }
known=''
needed=(dumpcap ethtool)
[[ $wanted ]] || needed+=(arping chromium curl dig ffuf gnutls-cli gobuster
  host hping3 hydra masscan ndisc6 nmap openssl ping plink python3 rpcinfo scapy
  showmount smbclient sqlmap ssh stun tcpreplay turnutils_stunclient whatweb
  zmap)
missing=() missing_unpacked=()
for client in "${needed[@]}"; do
  if type -P "$client" >/dev/null; then
    continue
  elif [[ ${unpacked[$client]-} ]]; then
    missing_unpacked+=("$client")
  else
    missing+=("${package[$client]-$client}")
  fi
done
((!${#missing[@]})) ||
  die "recording needs clients; on Debian and Ubuntu: apt-get install ${missing[*]}"
((!${#missing_unpacked[@]})) ||
  die "recording needs ${missing_unpacked[*]}; scripts/test.sh, run by root, unpacks them"
masscanned=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

# No offloads: frames as they are on a cable, with their checksums.
ip link set client0 address "$client_mac"
ethtool -K client0 tx off tso off gso off gro off >/dev/null
nsenter --net="/proc/$LAB_SENSOR/ns/net" ip link set sensor0 address "$host_mac"

start_masscanned
site=http://$ours
body=$work/body
smb1=(--option=clientmaxprotocol=NT1 --option=clientminprotocol=NT1)
head -c 65536 /dev/zero | tr '\0' a >"$body"

record arp/arping arping -c 2 -I client0 "$ours"
record arp/arping_dad fails arping -D -c 1 -I client0 "$ours"
record icmpv4/ping ping_sizes "$ours" 1472
record icmpv6/ping ping_sizes "$ours_6" 1452
record nd/ndisc6 ndisc6 -1 "$ours_6" client0
record nd/dad take_address "$ours_6/64"
record tcp/syn_scan nmap -n -Pn -r -sS -p 22,80,443,31337 "$ours"
record tcp/connect_scan nmap -n -Pn -r -sT -p 22,80,443,31337 "$ours"
record http/curl_get get "$site/"
record http/curl_get_ipv6 get "http://[$ours_6]/"
record http/curl_head get -I "$site/"
record http/curl_post get -d user=root -d password=toor "$site/login"
record http/curl_post_large get --data-binary "@$body" "$site/upload"
record http/curl_methods get_methods "$site/"
record http/curl_keepalive get "$site/one" "$site/two"
record http/expect_continue get -H 'Expect: 100-continue' -d a=b "$site/"
record http/chunked get -T - -H Expect: "$site/in" <"$body"
record http/nmap_version nmap -n -Pn -sV --version-light -p 80 "$ours"
record http/pipelined say_at_once "GET /one HTTP/1.1\r\nHost: a\r\n\r\n\
POST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc\
GET /three HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
record http/dribbled say_slowly \
  'GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

record http/chromium browse "$site/private"
record http/proxy fails curl -sS -p -x "$ours:3128" http://www.example.com/

record ssh/openssh log_in_over_ssh "$ours"
record ssh/openssh_ipv6 log_in_over_ssh "$ours_6"
record ssh/plink fails plink -batch "root@$ours"
record ssh/nmap_algorithms nmap -n -Pn -p 22 --script ssh2-enum-algos "$ours"

record stun/rfc3489 stun "$ours" 1
record stun/coturn turnutils_stunclient "$ours"
record stun/coturn_ipv6 turnutils_stunclient "$ours_6"
record stun/tcp converse "$ours" 3478 \
  "000100002112a442$(printf '%024x' 1)" \
  "000100082112a442$(printf '%024x' 2)8022000474657374"

record rpc/rpcinfo list_port_mapper "$ours"
record rpc/rpcinfo_ipv6 list_port_mapper "$ours_6"
record rpc/rpcinfo_tcp call_port_mapper -t
record rpc/rpcinfo_udp call_port_mapper -u
record rpc/showmount fails showmount -e "$ours"
record rpc/nmap_version nmap -n -Pn -sSU -sV -p 111 "$ours"

record dns/dig dig_all "@$ours"
record dns/dig_ipv6 dig_all "@$ours_6"
record dns/host_any fails host -t ANY www.example.com "$ours"

record smb/smbclient list_shares
record smb/smbclient_smb1 list_shares "${smb1[@]}"
record smb/smbclient_upgrade list_shares --option=clientminprotocol=CORE
record smb/nmap_scripts nmap -n -Pn -p 445 \
  --script smb-protocols,smb2-security-mode,smb-os-discovery "$ours"

# Zlib streams of the command 0x66 and a name, and of "again".
gh0st=(
  47683073741f0000000a000000789c4bcbc82f2e51c84bcc4d050015bd03e6
  47683073741a00000005000000789c4b4c4fcccc030005e90201
)
record gh0st/two_messages converse "$ours" 31337 "${gh0st[@]}"

record tls/curl fails get "https://$ours/"
record tls/curl_ipv6 fails get "https://[$ours_6]:8443/"
record tls/openssl shake_hands -servername www.example.com -alpn h2,http/1.1
record tls/openssl_tls1_2 shake_hands -tls1_2 -no_ticket
record tls/openssl_records shake_hands -max_send_frag 512 -alpn "$(seq -s, 150)"
record tls/gnutls fails gnutls-cli --no-ca-verification -p 443 "$ours"
record tls/chromium browse "https://$ours/"
record tls/nmap_ciphers nmap -n -Pn -p 443 --script ssl-enum-ciphers "$ours"
record tls/nmap_version nmap -n -Pn -sV --version-light -p 443 "$ours"

version=$(version_of nmap)
nmap=scanner/nmap_$version
record "${nmap}_syn" nmap -n -Pn -sS -p 22,80,443 "$ours" "$also_ours"
record "${nmap}_syn_ipv6" nmap -6 -n -Pn -sS -p 22,80 "$ours_6"
record "${nmap}_discovery" nmap -n -sn --disable-arp-ping "$ours"
record "${nmap}_connect" nmap -n -Pn -sT -p 22,80 "$ours"
record "${nmap}_null" nmap -n -Pn -sN -p 22,80 "$ours"
record "${nmap}_fin" nmap -n -Pn -sF -p 22,80 "$ours"
record "${nmap}_xmas" nmap -n -Pn -sX -p 22,80 "$ours"
record "${nmap}_ack" nmap -n -Pn -sA -p 22,80 "$ours"
record "${nmap}_udp" nmap -n -Pn -sU -p 53,111,123 "$ours"
record "${nmap}_os" nmap -n -Pn -O --max-os-tries 1 -p 22 "$ours"
record "${nmap}_version" nmap -n -Pn -sT -sV -p 80,3389 "$ours"
record "${nmap}_scripts" nmap -n -Pn -sT -p 22,80 \
  --script ssh-hostkey,http-title "$ours"

version=$(version_of masscan)
masscan=scanner/masscan_$version
record "${masscan}_syn" scan_with_masscan -p 22,80 "$ours,$also_ours"
record "${masscan}_syn_ipv6" scan_with_masscan -p 22,80 "$ours_6"
record "${masscan}_syn_ttl" scan_with_masscan --ttl 64 -p 22,80 "$ours"
record "${masscan}_udp" scan_with_masscan -p U:53,U:137,U:161 "$ours"
record "${masscan}_ping" scan_with_masscan --ping "$ours"
record "${masscan}_http" scan_banners_with_masscan -p 80 "$ours"

version=$(version_of zmap)
zmap=scanner/zmap_$version
record "${zmap}_syn" scan_with_zmap -p 80
record "${zmap}_ping" scan_with_zmap -M icmp_echoscan
record "${zmap}_ping_time" scan_with_zmap -M icmp_echo_time
if [[ $version != [12].* ]]; then
  record "${zmap}_syn_linux" scan_with_zmap -p 80 --probe-args=linux
  record "${zmap}_syn_bsd" scan_with_zmap -p 80 --probe-args=bsd
  record "${zmap}_syn_small" scan_with_zmap -p 80 --probe-args=smallest-probes
fi
record "${zmap}_udp" scan_with_zmap -M udp -p 53 --probe-args=text:hello

record scanner/hping_3 scan_with_hping
version=$("$python" -c 'import scapy; print(scapy.VERSION)' || true)
record "scanner/scapy_$version" scan_with_scapy

for client in ffuf gobuster hydra sqlmap whatweb; do
  record "scanner/$client" scan_web "$client"
done

record scanner/nobody_dig dig +tries=1 "@$ours" example.com
record scanner/nobody_ssh fails ssh -o BatchMode=yes -o ConnectTimeout=5 \
  -o StrictHostKeyChecking=no "$ours"

record vlan/ping say_tagged icmpv4/ping icmpv6/ping

ip -batch - <<-END
	neighbour replace $nobody lladdr $our_mac dev client0 nud permanent
	neighbour replace $nobody_6 lladdr $our_mac dev client0 nud permanent
	END
record misc/not_ours ask_others

start_masscanned --persona classic
record tcp/syn_scan_classic nmap -n -Pn -r -sS -p 22,80,443,31337 "$ours"
record http/curl_get_classic get "$site/"
record http/curl_keepalive_classic get "$site/one" "$site/two"
record ssh/openssh_classic fails timeout 2 ssh -F none -o BatchMode=yes "$ours"
record stun/rfc3489_classic stun "$ours" 1
record stun/coturn_ipv6_classic turnutils_stunclient "$ours_6"
record rpc/rpcinfo_udp_classic rpcinfo -u "$ours" 100000
record dns/dig_classic dig +noedns "@$ours" www.example.com A
record smb/smbclient_classic fails smbclient -L "$ours" -N -U %
record smb/smbclient_smb1_classic fails smbclient -L "$ours" -N -U % "${smb1[@]}"
record gh0st/two_messages_classic converse "$ours" 31337 "${gh0st[@]}"

for name in $wanted; do
  [[ $known == *" $name "* ]] ||
    die "there is no capture $name, or its client is not here: see scripts/record.sh"
done

# After sudo, the captures go to whoever owns the project's folder.
[[ -O $root ]] || chown -R --reference="$root" "$root/test/pcap"
