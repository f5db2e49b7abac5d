/**
 * What the original masscanned sends, for people whose tooling expects it.
 *
 * @module
 */

import type { Persona } from "../persona.ts";
import { CWR, ECE, PSH, URG } from "../wire/tcp.ts";

/** The original program. */
export const classic: Persona = {
  name: "classic",
  ip: {
    ttl: 64,
    numbersPackets: false,
    labelsFlows: false,
    advertisesBriefly: false,
    mirrorsEchoes: false,
  },
  tcp: {
    hasOptions: false,
    windowScale: 0,
    synFlags: PSH | URG | ECE | CWR,
    acceptsEcn: false,
    keepsOrder: false,
    acknowledgesPush: true,
  },
  refuses: false,
  speaksTls: false,
  hostName: "win1",
  http: {
    server: "nginx/1.14.2",
    bodyTag: '<body bgcolor="white">',
    realm: "Access to admin page",
    lineEnd: "\n",
    answersOddRequests: false,
  },
  ssh: { identification: "SSH-2.0-1", exchangesKeys: false },
  dns: { version: "", answersEverything: false },
  stun: { answersInFull: false },
  rpc: { followsOriginal: true },
  smb: {
    nativeOs: "Windows 4.0",
    nativeLanManager: "Windows 4.0",
    domain: "WIN1",
    windowsVersion: [10, 0, 19041],
    takesLowestDialect: true,
  },
};
