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
  http: {
    server: "nginx/1.14.2",
    realm: "Access to admin page",
    lineEnd: "\r\n",
    answersOddRequests: true,
  },
};
