/**
 * A Debian server. Stack values were read from captures of a Linux kernel
 * answering in the lab.
 *
 * @module
 */

import type { Persona } from "../persona.ts";
import { CWR, ECE, PSH, URG } from "../wire/tcp.ts";

/** A Debian server with nginx. */
export const linux: Persona = {
  name: "linux",
  ip: { ttl: 64, numbersPackets: true, labelsFlows: true },
  tcp: {
    hasOptions: true,
    windowScale: 7, // net.ipv4.tcp_rmem at its default, 6 MiB
    synFlags: PSH | URG | ECE | CWR,
    acceptsEcn: true,
    keepsOrder: true,
  },
  refuses: true,
  hostName: "server",
  http: {
    server: "nginx/1.14.2",
    realm: "Access to admin page",
    lineEnd: "\r\n",
    answersOddRequests: true,
  },
  ssh: {
    identification: "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10",
    exchangesKeys: true,
  },
  dns: { version: "9.18.28-1~deb12u2-Debian", answersEverything: true },
  stun: { answersInFull: true },
  rpc: { followsOriginal: false },
  smb: {
    nativeOs: "Windows 6.1",
    nativeLanManager: "Samba 4.17.12-Debian",
    domain: "WORKGROUP",
    windowsVersion: [6, 1, 0],
    takesLowestDialect: false,
  },
};
