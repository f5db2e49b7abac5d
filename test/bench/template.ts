/**
 * Frames of a client's that are written once; then only host, port and numbers
 * change in place, so that the benchmark measures who answers and not who asks.
 *
 * @module
 */

import { octets } from "../tcp_client.ts";

// Offsets in a frame of Ethernet, IPv4 and TCP or UDP without options of IP.
/** Offset of the total length of the packet. */
export const IP_TOTAL_LEN = 16;
const IP_CHECKSUM = 24;
/** Offset of the source address. */
export const IP_SRC = 26;
/** Offset of the destination address. */
export const IP_DST = 30;
/** Offset of the transport's header. */
export const L4 = 34;
/** Offset of the sequence number. */
export const SEQ = 38;
/** Offset of the acknowledgment number. */
export const ACK = 42;
/** Offset of the octet that has the length of the header. */
export const HEADER_LEN = 46;
/** Offset of the flags. */
export const FLAGS = 47;
const TCP_CHECKSUM = 50;
const UDP_CHECKSUM = 40;

/** Flag: no more is said. */
export const FIN = 0x01;
/** Flag: a connection begins. */
export const SYN = 0x02;
/** Flag: there is no such connection. */
export const RST = 0x04;
/** Flag: all was said for now. */
export const PSH = 0x08;
/** Flag: the acknowledgment number counts. */
export const ACKED = 0x10;
/** Number of the protocol. */
export const ICMP = 1;
/** Number of the protocol. */
export const TCP = 6;
/** Number of the protocol. */
export const UDP = 17;

/** MSS, SACK permitted, timestamps, window scale, as Linux has them. */
export const SYN_OPTIONS = "020405b40402080a000001010000000001030307";
/** Options of later segments: timestamps. */
export const OPTIONS = "0101080a0000010200000001";

/** A request of curl's. */
export const GET: Uint8Array = octets(
  "GET / HTTP/1.1\r\nHost: 192.0.2.10\r\nUser-Agent: curl/7.88.1\r\n" +
    "Accept: */*\r\n\r\n",
);

/** A query for the address of www.example.com, RFC 1035 §4.1. */
export const QUERY: Uint8Array = Uint8Array.fromHex(
  "12340100000100000000000003777777076578616d706c6503636f6d0000010001",
);

const PORTS = 0x3fff; // bits of a client's number that are its port
const PORT_MIN = 0x4000;
const PORT_BITS = 14;

/** Clients that there are: pairs of 65,536 hosts and 16,384 ports. */
export const CLIENTS: number = 2 ** 30;

/** A frame of which host, port and numbers are set over and over. */
export class Template {
  readonly #isIpv4: boolean;
  readonly #checksumAt: number;
  readonly #ipSum: number; // without what changes
  readonly #sum: number;

  /** Its octets, without host, port, numbers and checksums. */
  readonly octets: Uint8Array;

  /**
   * Takes a frame apart.
   *
   * @param frame The frame, of {@linkcode tcpFrame} and the like.
   */
  constructor(frame: Uint8Array) {
    const protocol = frame[23]!;
    this.octets = frame;
    this.#isIpv4 = frame[12] === 0x08 && frame[13] === 0;
    this.#checksumAt = protocol === TCP
      ? TCP_CHECKSUM
      : protocol === UDP
      ? UDP_CHECKSUM
      : 0;
    this.#ipSum = sumOf(frame.subarray(14, L4));
    const length = frame.length - L4;
    this.#sum = fold(sumOf(frame.subarray(IP_SRC)) + protocol + length);
  }

  /**
   * Writes who sends a copy of it.
   *
   * @param view Memory that the copy is in.
   * @param at Offset of its first octet.
   * @param client Number of the client, in `[0, CLIENTS)`.
   * @param seq Sequence number of a segment.
   * @param ack Acknowledgment number of a segment.
   */
  set(
    view: DataView,
    at: number,
    client: number,
    seq: number,
    ack: number,
  ): void {
    if (!this.#isIpv4) return;
    const host = client >>> PORT_BITS & 0xffff;
    const port = client & PORTS | PORT_MIN;
    view.setUint16(at + IP_SRC + 2, host);
    view.setUint16(at + IP_CHECKSUM, ~fold(this.#ipSum + host));
    if (this.#checksumAt === 0) return;
    view.setUint16(at + L4, port);
    if (this.#checksumAt === UDP_CHECKSUM) {
      view.setUint16(at + UDP_CHECKSUM, ~fold(this.#sum + host + port));
      return;
    }
    view.setInt32(at + SEQ, seq);
    view.setInt32(at + ACK, ack);
    const numbers = (seq >>> 16) + (seq & 0xffff) + (ack >>> 16) +
      (ack & 0xffff);
    view.setUint16(
      at + TCP_CHECKSUM,
      ~fold(this.#sum + host + port + numbers),
    );
  }
}

/**
 * Finds whom a frame answers.
 *
 * @param view Memory that it is in.
 * @param at Offset of its first octet.
 * @returns Number of the client, as {@linkcode Template.set} has it.
 */
export function clientOf(view: DataView, at: number): number {
  const host = view.getUint16(at + IP_DST + 2);
  return host << PORT_BITS | view.getUint16(at + L4 + 2) & PORTS;
}

/** Whom frames are for. */
export interface Target {
  /** Hardware address, as hexadecimal octets. */
  readonly mac: string;
  /** IPv4 address, as hexadecimal octets. */
  readonly ip: string;
}

/** The stack under test: 192.0.2.10. */
export const STACK: Target = { mac: "020000000001", ip: "c000020a" };

/**
 * Makes a segment of a client's, numbers and checksum to be set.
 *
 * @param flags Its flags.
 * @param options Its options, as hexadecimal octets.
 * @param payload What it says.
 * @param port Where to.
 * @param target Whom it is for.
 */
export function tcpFrame(
  flags: number,
  options: string,
  payload: Uint8Array = new Uint8Array(),
  port = 80,
  target: Target = STACK,
): Uint8Array {
  const words = Uint8Array.fromHex(options);
  const offset = (20 + words.length) << 2;
  const header = [0, 0, port >> 8, port & 0xff, 0, 0, 0, 0, 0, 0, 0, 0];
  return ipFrame(TCP, [
    ...[...header, offset, flags, 0xfa, 0xf0, 0, 0, 0, 0],
    ...[...words, ...payload],
  ], target);
}

/**
 * Makes a datagram of a client's, checksum to be set.
 *
 * @param payload What it says.
 * @param port Where to.
 */
export function udpFrame(payload: Uint8Array, port = 53): Uint8Array {
  const length = 8 + payload.length;
  const header = [0, 0, port >> 8, port & 0xff, length >> 8, length & 0xff];
  return ipFrame(UDP, [...header, 0, 0, ...payload]);
}

/**
 * Makes a packet from 198.18.0.0, RFC 2544 §C.2.2.
 *
 * @param protocol What it carries.
 * @param payload That.
 * @param target Whom it is for.
 */
export function ipFrame(
  protocol: number,
  payload: readonly number[],
  { ip, mac }: Target = STACK,
): Uint8Array {
  const length = 20 + payload.length;
  return Uint8Array.from([
    ...[...Uint8Array.fromHex(mac), 2, 0, 0, 0, 0, 2, 8, 0],
    ...[0x45, 0, length >>> 8, length & 0xff, 0x12, 0x34, 0x40, 0, 57],
    ...[protocol, 0, 0, 198, 18, 0, 0, ...Uint8Array.fromHex(ip)],
    ...payload,
  ]);
}

/** Sum of 16-bit words, RFC 1071 §1. */
export function sumOf(octets: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < octets.length; at++) {
    sum += at % 2 === 0 ? octets[at]! << 8 : octets[at]!;
  }
  return fold(sum);
}

/** Folds the carries of a sum below 2^32 into 16 bits. */
export function fold(sum: number): number {
  sum = (sum & 0xffff) + (sum >>> 16);
  return (sum & 0xffff) + (sum >>> 16);
}
