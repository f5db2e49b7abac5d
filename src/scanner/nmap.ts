/**
 * nmap: its port scan, its version detection, its scripts, and by way of
 * `nmap_os.ts` its OS detection.
 *
 * @see {@link https://nmap.org/book/man-port-scanning-techniques.html | Port
 * Scanning Techniques} and {@link https://github.com/nmap/nmap | the source},
 * `scan_engine_raw.cc`
 *
 * @module
 */

import { pattern } from "../protocol.ts";
import { OS_DATAGRAM, OS_ECHOES, OS_SEGMENTS } from "./nmap_os.ts";
import { ACK, type Packet, SYN } from "./packet.ts";
import {
  type PacketSign,
  PAYLOAD,
  type Scanner,
  type Syn,
  word,
} from "./scanner.ts";

const MSS_1460 = pattern("020405b4");
const WINDOW = 1024;
const TTL_MAX = 59; // drawn from 37 to 59
const FIN = 0x01;
const XMAS = 0x29; // FIN, PSH and URG
const TRIES = 16; // numbered in the sequence number

const RPC_CHECK = pattern("72fe1d13 00000000 00000002 000186a0");
const RPC_NULL = pattern("3eece3ca 00000000 00000002 00bc614e");
const NTP_REQUEST = [
  ...pattern("e30004fa 00010000 00010000"),
  ...Array<number>(28).fill(0),
  ...pattern("c54f234b71b152f3"),
];
const NTP_SYMMETRIC = [
  ...pattern("d9000afa 00000000 00010400"),
  ...Array<number>(28).fill(0),
  ...pattern("c6f15edb78000000"),
];
const DNS_STATUS_REQUEST = pattern("0000 1000 0000 0000 0000 0000");

/** A SYN of the port scan. */
const SYN_SCAN: PacketSign = {
  evidence: "window 1024, MSS 1460 alone, TTL below 60, Don't Fragment " +
    "clear",
  bits: 0,
  isShape: true,
  matches: (packet) =>
    packet.flags === SYN && packet.ack === 0 && isShaped(packet) &&
    packet.hasOptions(MSS_1460),
};

/** The descriptor. */
export const nmap: Scanner = {
  name: "nmap",
  type: "Tool",
  syn: [SYN_SCAN, ...OS_SEGMENTS],
  segment: [
    {
      evidence: "bare ACK with sequence number 0, window 1024",
      bits: 32,
      isShape: true,
      matches: (packet) =>
        packet.flags === ACK && packet.seq === 0 && isShaped(packet) &&
        packet.optionsLen === 0,
    },
    {
      evidence:
        "flags none, FIN alone, or FIN, PSH and URG; window 1024, TTL " +
        "below 60",
      bits: 0,
      isShape: true,
      matches: (packet) =>
        (packet.flags === 0 || packet.flags === FIN ||
          packet.flags === XMAS) &&
        isShaped(packet) && packet.optionsLen === 0,
    },
    ...OS_SEGMENTS,
  ],
  datagram: [
    OS_DATAGRAM,
    {
      evidence: "nmap's request to a port mapper, transaction ID included",
      bits: 32,
      isShape: true,
      matches: (packet) =>
        packet.startsWith(RPC_CHECK) || packet.startsWith(RPC_NULL),
    },
    {
      evidence: "nmap's request to a time server, transmit timestamp included",
      bits: 64,
      isShape: true,
      matches: (packet) =>
        packet.says(NTP_REQUEST) || packet.says(NTP_SYMMETRIC),
    },
    {
      evidence: "status request to a name server, with ID 0 and no question",
      bits: 16,
      isShape: true,
      matches: (packet) => packet.says(DNS_STATUS_REQUEST),
    },
  ],
  icmp: OS_ECHOES,
  pair: [{
    evidence: "the same sequence number, but for the number of the try, to " +
      "two ports or addresses; window 1024, MSS 1460 alone",
    bits: 28,
    isShape: true,
    matches: (first, second) =>
      first.sign === SYN_SCAN && second.sign === SYN_SCAN &&
      isOtherTarget(first, second) && isOtherTry(first.seq ^ second.seq),
  }],
  words: [
    word("user_agent.original", "Nmap Scripting Engine"),
    word("url.original", "/nmaplowercheck"),
    word("url.original", "/nice%20ports%2C/Tri%6Eity.txt%2ebak"),
    word(PAYLOAD, "Cookie: mstshash=nmap"),
    word("masscanned.tls.client.random", "random1random2random3random4"),
    word(PAYLOAD, "random1random2random3random4"),
    word(PAYLOAD, "OPTIONS sip:nm SIP/2.0"),
    word("ssh.client.software", "Nmap-SSH"),
  ],
};

/** Whether a segment looks like one of nmap's own making. */
function isShaped(packet: Packet): boolean {
  if (packet.window !== WINDOW) return false;
  return packet.isIpv4
    ? packet.mayFragment && packet.ttl <= TTL_MAX
    : packet.ttl > 64; // from 255
}

/** Whether two SYNs went to different ports or addresses. */
function isOtherTarget(first: Syn, second: Syn): boolean {
  return first.dst !== second.dst || first.dstPort !== second.dstPort;
}

/** Whether two sequence numbers differ, if at all, by the number of the try. */
function isOtherTry(difference: number): boolean {
  const tries = difference & 0xffff;
  return difference >>> 16 === tries && tries < TRIES;
}
