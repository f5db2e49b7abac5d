# shellcheck shell=bash
# Sourced by the other scripts: the clients that the demonstration and the tests
# use, each with its Debian package.

# shellcheck disable=SC2034 # read where this is sourced
declare -A package=(
  [arping]=iputils-arping
  [curl]=curl
  [dig]=bind9-dnsutils
  [dumpcap]=wireshark-common
  [hping3]=hping3
  [ip]=iproute2
  [masscan]=masscan
  [ndisc6]=ndisc6
  [nft]=nftables
  [nmap]=nmap
  [ping]=iputils-ping
  [ssh]=openssh-client
  [scapy]=python3-scapy
  [setcap]=libcap2-bin
  [tshark]=tshark
  [zmap]=zmap
)
