/**
 * Mirai and what was made of it: the bots find each other's next victims with
 * SYNs whose sequence number is the address that they go to.
 *
 * @see {@link https://github.com/jgamblin/Mirai-Source-Code | the leaked source},
 * `mirai/bot/scanner.c`
 *
 * @module
 */

import type { Scanner } from "./scanner.ts";

/** The descriptor. */
export const mirai: Scanner = {
  name: "Mirai",
  type: "Malware",
  syn: [{
    evidence: "sequence number is the destination address",
    bits: 32,
    isShape: true,
    matches: (packet) => packet.isIpv4 && packet.seq === packet.dst,
  }],
};
