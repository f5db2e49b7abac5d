/**
 * hping, version 3.
 *
 * @see {@link https://salsa.debian.org/debian/hping3 | the source}, `sendtcp.c`
 *
 * @module
 */

import { type Packet, SYN } from "./packet.ts";
import type { PacketSign, Scanner } from "./scanner.ts";

const WINDOW = 512;

const SIGN: PacketSign = {
  evidence: "acknowledgment number without the ACK flag; window 512, no " +
    "options",
  bits: 0,
  isShape: true,
  matches: (packet: Packet) =>
    (packet.flags === SYN || packet.flags === 0) && packet.ack !== 0 &&
    packet.window === WINDOW && packet.optionsLen === 0 && packet.ttl <= 64 &&
    packet.mayFragment === packet.isIpv4,
};

/** The descriptor. */
export const hping: Scanner = {
  name: "hping",
  type: "Tool",
  syn: [SIGN],
  segment: [SIGN],
};
