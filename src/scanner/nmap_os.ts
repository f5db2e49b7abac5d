/**
 * nmap's OS detection: probes that no other program has reason to send.
 *
 * @see {@link https://nmap.org/book/osdetect-methods.html | TCP/IP
 * Fingerprinting Methods Supported by Nmap}
 *
 * @module
 */

import { type Pattern, pattern } from "../protocol.ts";
import { type Packet, SYN } from "./packet.ts";
import type { PacketSign } from "./scanner.ts";

// "Sequence generation": window and options of the six SYNs.
const SYNS: ReadonlyMap<number, Pattern> = new Map([
  [1, pattern("03030a 01 020405b4 080affffffff00000000 0402")],
  [63, pattern("02040578 030300 0402 080affffffff00000000 00")],
  [16, pattern("02040218 0402 080affffffff00000000 03030a 00")],
  [512, pattern("02040109 0402 080affffffff00000000")],
]);
const SYN_3 = pattern("080affffffff00000000 01 01 030305 01 02040280");
const SYN_4 = pattern("0402 080affffffff00000000 03030a 00");
const WINDOW_3_4 = 4;

// T2 to T7, of any flags.
const T2_TO_T6 = pattern("03030a 01 02040109 080affffffff00000000 0402");
const T7 = pattern("03030f 01 02040109 080affffffff00000000 0402");

const ECN_OPTIONS = pattern("03030a 01 020405b4 0402 01 01");
const ECN_WINDOW = 3;
const ECN_URGENT = 63_477; // without the flag
const ECN_FLAGS = 0x8c2; // SYN, ECE, CWR and a reserved one

const ECHO_REQUEST = 8 << 8;
const ECHO_CODE = 9;
const ECHO_SEQ = 295;
const ECHO_LEN = 120;
const ECHO_2_LEN = 150;

const DATAGRAM_ID = 0x1042;
const DATAGRAM_LEN = 300;
const LETTER_C = 0x43;

/** In TCP segments, of whatever flags. */
export const OS_SEGMENTS: readonly PacketSign[] = [
  {
    evidence: "options of an OS detection probe, timestamp 4294967295",
    bits: 32,
    isShape: true,
    matches: hasProbeOptions,
  },
  {
    evidence: "OS detection's ECN probe: urgent pointer 63477 without its flag",
    bits: 16,
    isShape: true,
    matches: (packet) =>
      packet.flags === ECN_FLAGS && packet.window === ECN_WINDOW &&
      packet.urgent === ECN_URGENT && packet.hasOptions(ECN_OPTIONS),
  },
];

/** In UDP datagrams. */
export const OS_DATAGRAM: PacketSign = {
  evidence: "OS detection's datagram of 300 letters C, IP ID 0x1042",
  bits: 16,
  isShape: true,
  matches: (packet) =>
    packet.id === DATAGRAM_ID && packet.payloadLen === DATAGRAM_LEN &&
    packet.isFilledWith(LETTER_C),
};

/** In ICMP messages. */
export const OS_ECHOES: readonly PacketSign[] = [{
  evidence: "OS detection's echo requests: sequence number 295 with code 9, " +
    "then 296, with 120 and 150 octets 00",
  bits: 16,
  isShape: true,
  matches: (packet) =>
    isEcho(packet, ECHO_CODE, ECHO_SEQ, ECHO_LEN) ||
    isEcho(packet, 0, ECHO_SEQ + 1, ECHO_2_LEN),
}];

function hasProbeOptions(packet: Packet): boolean {
  if (packet.hasOptions(T2_TO_T6) || packet.hasOptions(T7)) return true;
  if (packet.flags !== SYN) return false;
  if (packet.window === WINDOW_3_4) {
    return packet.hasOptions(SYN_3) || packet.hasOptions(SYN_4);
  }
  const options = SYNS.get(packet.window);
  return options !== undefined && packet.hasOptions(options);
}

function isEcho(
  packet: Packet,
  code: number,
  seq: number,
  length: number,
): boolean {
  return packet.typeCode === (ECHO_REQUEST | code) && packet.icmpSeq === seq &&
    packet.payloadLen === length && packet.isFilledWith(0);
}
