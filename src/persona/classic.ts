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
  ip: { ttl: 64, numbersPackets: false, labelsFlows: false },
  tcp: {
    hasOptions: false,
    windowScale: 0,
    synFlags: PSH | URG | ECE | CWR,
    acceptsEcn: false,
    keepsOrder: false,
  },
  http: {
    server: "nginx/1.14.2",
    realm: "Access to admin page",
    lineEnd: "\n",
    answersOddRequests: false,
  },
};
