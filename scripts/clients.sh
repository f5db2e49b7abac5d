# shellcheck shell=bash
# Sourced by the other scripts: the clients that the demonstration and the tests
# use, each with its Debian package.

# shellcheck disable=SC2034 # read where this is sourced
declare -A package=(
  [arping]=iputils-arping
  [curl]=curl
  [dig]=bind9-dnsutils
  [dumpcap]=wireshark-common
  [faketime]=faketime
  [fish]=fish
  [gnutls-cli]=gnutls-bin
  [host]=bind9-host
  [hping3]=hping3
  [ip]=iproute2
  [iptables]=iptables
  [mandoc]=mandoc
  [masscan]=masscan
  [ndisc6]=ndisc6
  [nft]=nftables
  [nmap]=nmap
  [openssl]=openssl
  [p0f]=p0f
  [ping]=iputils-ping
  [plink]=putty-tools
  [promtool]=prometheus
  [python3]=python3
  [scapy]=python3-scapy
  [setcap]=libcap2-bin
  [smbclient]=smbclient
  [ssh]=openssh-client
  [stun]=stun-client
  [sysctl]=procps
  [systemd-analyze]=systemd
  [tshark]=tshark
  [zmap]=zmap
  [zsh]=zsh
)

# Those of packages that would also start a server here, or have one start them:
# they are unpacked in .deno/clients/ and nowhere else.
declare -A unpacked=(
  [logrotate]=logrotate
  [rpcinfo]=rpcbind
  [showmount]=nfs-common
  [sshd]=openssh-server
  [turnutils_stunclient]=coturn
)
# What these need to run, as apt-get satisfy reads it: Debian's and Ubuntu's
# names.
libraries=(
  'libpopt0'
  'libwrap0'
  'libtirpc3 | libtirpc3t64'
  'libevent-core-2.1-7 | libevent-core-2.1-7t64'
  'libevent-extra-2.1-7 | libevent-extra-2.1-7t64'
)
