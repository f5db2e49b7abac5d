/**
 * ZMap: up to version 4.0 a constant IP identification; since then options
 * borrowed from operating systems, over an IP header that none of those sends.
 *
 * @see {@link https://github.com/zmap/zmap | the source},
 * `src/probe_modules/packet.c`
 *
 * @module
 */

import { pattern } from "../protocol.ts";
import { type Packet, SYN } from "./packet.ts";
import type { Scanner } from "./scanner.ts";

const ID = 54321; // until 4.1.0 of March 2024
const WINDOW = 65_535;
const ECHO_REQUEST = 8 << 8;

const MSS_1460 = pattern("020405b4");
const WINDOWS = pattern("020405b4 01 030308 01 01 0402");
const LINUX = pattern("020405b4 0402 080a .. .. .. .. 00000000 01 030307");
const BSD = pattern(
  "020405b4 01 030306 01 01 080a .. .. .. .. 00000000 0402 0000",
);
const LINUX_TIMESTAMP = 8;
const BSD_TIMESTAMP = 12;
// Its timestamp is the time of day. A scan sends for hours what it began with.
const TIMESTAMP_AGE = 16_384; // seconds, either way: 2^15 of 2^32

/** The descriptor. */
export const zmap: Scanner = {
  name: "ZMap",
  type: "Tool",
  syn: [
    {
      evidence: "IP ID 54321; window 65535, no options but MSS 1460",
      bits: 16,
      isShape: true,
      matches: (packet) =>
        packet.id === ID && isShaped(packet) &&
        (packet.optionsLen === 0 || packet.hasOptions(MSS_1460)),
    },
    {
      evidence: "timestamp is the time of day; options as Linux or BSD sends " +
        "them, window 65535, Don't Fragment clear",
      bits: 17,
      isShape: true,
      matches: (packet) =>
        isShaped(packet) && packet.ttl <= 64 &&
        ((packet.hasOptions(LINUX) && isClock(packet, LINUX_TIMESTAMP)) ||
          (packet.hasOptions(BSD) && isClock(packet, BSD_TIMESTAMP))),
    },
    {
      evidence: "options as Windows sends them, but initial TTL 64 and Don't " +
        "Fragment clear; window 65535",
      bits: 0,
      isShape: true,
      matches: (packet) =>
        isShaped(packet) && packet.ttl <= 64 && packet.hasOptions(WINDOWS),
    },
  ],
  datagram: [{
    evidence: "IP ID 54321; no UDP checksum, initial TTL 255",
    bits: 16,
    isShape: true,
    matches: (packet) =>
      packet.id === ID && packet.mayFragment && packet.ttl > 64 &&
      packet.isUnsummed,
  }],
  icmp: [
    {
      evidence: "echo request with IP ID 54321; initial TTL 255",
      bits: 16,
      isShape: true,
      matches: (packet) =>
        packet.id === ID && packet.mayFragment && packet.ttl > 64 &&
        packet.typeCode === ECHO_REQUEST && packet.icmpSeq === 0,
    },
    {
      evidence: "echo request with its destination address behind a time",
      bits: 32,
      isShape: true,
      matches: (packet) =>
        packet.isIpv4 && packet.typeCode === ECHO_REQUEST &&
        packet.payloadLen === 12 && packet.payload32(8) === packet.dst,
    },
    {
      evidence: "echo request with 20 octets 00, any sequence number",
      bits: 0,
      isShape: true,
      matches: (packet) =>
        packet.typeCode === ECHO_REQUEST && packet.mayFragment &&
        packet.ttl <= 64 && packet.payloadLen === 20 &&
        packet.icmpSeq > 0xff && packet.isFilledWith(0),
    },
  ],
};

/** Whether a SYN looks like one of ZMap, its options aside. */
function isShaped(packet: Packet): boolean {
  return packet.flags === SYN && packet.ack === 0 && packet.mayFragment &&
    packet.window === WINDOW;
}

/** Whether a timestamp is about the time of day. */
function isClock(packet: Packet, at: number): boolean {
  const age = (packet.seconds - packet.optionWord(at)) | 0;
  return age >= -TIMESTAMP_AGE && age < TIMESTAMP_AGE;
}
