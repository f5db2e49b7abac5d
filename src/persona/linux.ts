/**
 * A server of Debian 12 as it stood after the update 12.11. Stack values were
 * read from captures of a Linux kernel answering in the lab; what services say,
 * from Debian's packages running there: nginx 1.22.1-9+deb12u11, openssh-server
 * 9.2p1-2+deb12u10, bind9 9.18.49-1~deb12u3, coturn 4.6.1-1, rpcbind 1.2.6-6,
 * samba 4.17.12+dfsg-0+deb12u4.
 *
 * @module
 */

import type { Persona } from "../persona.ts";
import { CWR, ECE, PSH, URG } from "../wire/tcp.ts";

/** A server of Debian 12. */
export const linux: Persona = {
  name: "linux",
  ip: {
    ttl: 64,
    numbersPackets: true,
    labelsFlows: true,
    advertisesBriefly: true,
    mirrorsEchoes: true,
  },
  tcp: {
    hasOptions: true,
    windowScale: 7, // net.ipv4.tcp_rmem at its default, 6 MiB
    synFlags: PSH | URG | ECE | CWR,
    acceptsEcn: true,
    keepsOrder: true,
    acknowledgesPush: false,
  },
  refuses: true,
  speaksTls: true,
  hostName: "server",
  http: {
    server: "nginx/1.22.1",
    bodyTag: "<body>",
    realm: "Access to admin page",
    lineEnd: "\r\n",
    answersOddRequests: true,
  },
  ssh: {
    identification: "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10",
    exchangesKeys: true,
  },
  dns: { version: "9.18.49-1~deb12u3-Debian", answersEverything: true },
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
