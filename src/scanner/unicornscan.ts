/**
 * unicornscan: sequence numbers that are a key of the run, masked with where
 * the SYN goes.
 *
 * @see {@link https://github.com/robertelee78/unicornscan | the source},
 * `TCPHASHTRACK` in `src/scan_progs/scan_export.h`, and `send_packet.c`
 *
 * @module
 */

import type { Scanner, Syn } from "./scanner.ts";

/** The descriptor. */
export const unicornscan: Scanner = {
  name: "unicornscan",
  type: "Tool",
  pair: [{
    evidence: "sequence number xor destination address xor ports is the same " +
      "for two ports or addresses",
    bits: 31, // for there are two orders of octets
    isShape: true,
    matches: (first, second) =>
      first.sign === undefined && second.sign === undefined &&
      (keyOf(first, first.dst) === keyOf(second, second.dst) ||
        keyOf(first, swap(first.dst)) === keyOf(second, swap(second.dst))),
  }],
};

/** The key, if the address stands in the scanner's memory as `dst`. */
function keyOf({ dstPort, seq, srcPort }: Syn, dst: number): number {
  return seq ^ dst ^ (dstPort << 16 | srcPort);
}

/** An address as it stands in the memory of a little-endian machine. */
function swap(dst: number): number {
  return dst << 24 | (dst & 0xff00) << 8 | dst >>> 8 & 0xff00 | dst >>> 24;
}
