/**
 * Scapy, with the fields of its packets left at their defaults.
 *
 * @see {@link https://github.com/secdev/scapy | the source},
 * `scapy/layers/inet.py`
 *
 * @module
 */

import { SYN } from "./packet.ts";
import type { Scanner } from "./scanner.ts";

const ID = 1;
const WINDOW = 8192;

/** The descriptor. */
export const scapy: Scanner = {
  name: "Scapy",
  type: "Tool",
  syn: [{
    evidence: "sequence number 0 and IP ID 1; window 8192, no options, Don't " +
      "Fragment clear",
    bits: 32, // of the sequence number alone
    isShape: true,
    matches: (packet) =>
      packet.flags === SYN && packet.seq === 0 && packet.ack === 0 &&
      packet.id === ID && packet.window === WINDOW &&
      packet.optionsLen === 0 && packet.ttl <= 64 && packet.mayFragment,
  }],
};
