/**
 * The headers of one packet, as a signature looks at them.
 *
 * @module
 */

import { ANY, type Pattern } from "../protocol.ts";

const IPV4_HEADER_MIN = 20;
const IPV6_HEADER_LEN = 40;
const TCP_HEADER_MIN = 20;
const UDP_HEADER_LEN = 8;
const ICMP_HEADER_LEN = 8;

// IANA protocol numbers.
const IPPROTO = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const;

/** What signs can be about: a list of each scanner. */
export type Kind = "syn" | "segment" | "datagram" | "icmp";

/** TCP's flag to synchronize sequence numbers, RFC 9293 §3.1. */
export const SYN = 0x02;
/** Acknowledgment field is significant. */
export const ACK = 0x10;

/**
 * A packet of which the first octets are at hand. One instance is refilled for
 * every packet; 32-bit fields are int32 bit patterns.
 */
export class Packet {
  #octets: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #optionsAt = 0;
  #payloadAt = 0;

  /** When it came, in seconds since 1970, as an int32 bit pattern. */
  seconds = 0;
  /** Whether it is one of IPv4. */
  isIpv4 = false;
  /** Length as the IP header has it, in octets. */
  length = 0;
  /** Time to live or hop limit that is left of the sender's. */
  ttl = 0;
  /** Identification; −1 over IPv6, which has none. */
  id: number = -1;
  /** Whether routers may fragment it: the Don't Fragment flag is clear. */
  mayFragment = false;
  /** IANA protocol number. */
  protocol = 0;
  /** Last four octets of the source address. */
  src = 0;
  /** Last four octets of the destination address. */
  dst = 0;
  /** Source port. */
  srcPort = 0;
  /** Destination port. */
  dstPort = 0;
  /** Whether the checksum of UDP is left out. */
  isUnsummed = false;
  /** TCP sequence number. */
  seq = 0;
  /** TCP acknowledgment number. */
  ack = 0;
  /** TCP flags, with the reserved bits above them: 12 bits. */
  flags = 0;
  /** TCP window. */
  window = 0;
  /** TCP urgent pointer. */
  urgent = 0;
  /** Length of the TCP options, in octets. */
  optionsLen = 0;
  /** ICMP type and code. */
  typeCode = 0;
  /** ICMP identifier. */
  icmpId = 0;
  /** ICMP sequence number. */
  icmpSeq = 0;
  /** Length of the payload, in octets, at hand or not. */
  payloadLen = 0;

  /**
   * Reads a packet.
   *
   * @param octets Its first octets, from the IP header on.
   * @param time When it came, in milliseconds since 1970.
   * @returns Whether it is one that signatures are about, and its headers are
   * there.
   */
  open(octets: Uint8Array, time: number): boolean {
    this.#octets = octets;
    this.#view = new DataView(
      octets.buffer,
      octets.byteOffset,
      octets.byteLength,
    );
    this.seconds = Math.floor(time / 1000) | 0;
    if (octets.length < IPV4_HEADER_MIN) return false;
    const version = octets[0]! >>> 4;
    if (version === 4) return this.#openIpv4();
    return version === 6 && this.#openIpv6();
  }

  #openIpv4(): boolean {
    const view = this.#view;
    const headerLen = (view.getUint8(0) & 0x0f) << 2;
    const fragment = view.getUint16(6);
    if ((fragment & 0x3fff) !== 0) return false;
    this.isIpv4 = true;
    this.length = view.getUint16(2);
    this.id = view.getUint16(4);
    this.mayFragment = (fragment & 0x4000) === 0;
    this.ttl = view.getUint8(8);
    this.protocol = view.getUint8(9);
    this.src = view.getInt32(12);
    this.dst = view.getInt32(16);
    return this.#openTransport(headerLen);
  }

  #openIpv6(): boolean {
    const view = this.#view;
    if (view.byteLength < IPV6_HEADER_LEN) return false;
    this.isIpv4 = false;
    this.length = IPV6_HEADER_LEN + view.getUint16(4);
    this.id = -1;
    this.mayFragment = false; // routers never do
    this.protocol = view.getUint8(6); // packets with extensions are nobody's
    this.ttl = view.getUint8(7);
    this.src = view.getInt32(20);
    this.dst = view.getInt32(36);
    return this.#openTransport(IPV6_HEADER_LEN);
  }

  #openTransport(at: number): boolean {
    switch (this.protocol) {
      case IPPROTO.tcp:
        return this.#openTcp(at);
      case IPPROTO.udp:
        return this.#openUdp(at);
      case IPPROTO.icmp:
      case IPPROTO.icmpv6:
        return this.#openIcmp(at);
      default:
        return false;
    }
  }

  #openTcp(at: number): boolean {
    const view = this.#view;
    if (view.byteLength - at < TCP_HEADER_MIN) return false;
    const headerLen = view.getUint8(at + 12) >>> 4 << 2;
    if (headerLen < TCP_HEADER_MIN || view.byteLength - at < headerLen) {
      return false;
    }
    this.srcPort = view.getUint16(at);
    this.dstPort = view.getUint16(at + 2);
    this.seq = view.getInt32(at + 4);
    this.ack = view.getInt32(at + 8);
    this.flags = view.getUint16(at + 12) & 0x0fff;
    this.window = view.getUint16(at + 14);
    this.urgent = view.getUint16(at + 18);
    this.#optionsAt = at + TCP_HEADER_MIN;
    this.optionsLen = headerLen - TCP_HEADER_MIN;
    return this.#openPayload(at + headerLen);
  }

  #openUdp(at: number): boolean {
    const view = this.#view;
    if (view.byteLength - at < UDP_HEADER_LEN) return false;
    this.srcPort = view.getUint16(at);
    this.dstPort = view.getUint16(at + 2);
    this.isUnsummed = view.getUint16(at + 6) === 0;
    return this.#openPayload(at + UDP_HEADER_LEN);
  }

  #openIcmp(at: number): boolean {
    const view = this.#view;
    if (view.byteLength - at < ICMP_HEADER_LEN) return false;
    this.typeCode = view.getUint16(at);
    this.icmpId = view.getUint16(at + 4);
    this.icmpSeq = view.getUint16(at + 6);
    return this.#openPayload(at + ICMP_HEADER_LEN);
  }

  #openPayload(at: number): boolean {
    this.#payloadAt = at;
    this.payloadLen = this.length - at;
    return this.payloadLen >= 0;
  }

  /** Which of a scanner's lists the packet falls under. */
  get kind(): Kind {
    if (this.protocol === IPPROTO.udp) return "datagram";
    if (this.protocol !== IPPROTO.tcp) return "icmp";
    return (this.flags & (SYN | ACK)) === SYN ? "syn" : "segment";
  }

  /**
   * Tells whether the TCP options are exactly these.
   *
   * @param options All their octets, padding included.
   */
  hasOptions(options: Pattern): boolean {
    return this.optionsLen === options.length &&
      this.#matches(this.#optionsAt, options);
  }

  /**
   * Reads 32 bits of the TCP options.
   *
   * @param at Offset in the options, at most their length less 4.
   * @returns An int32 bit pattern.
   */
  optionWord(at: number): number {
    return this.#view.getInt32(this.#optionsAt + at);
  }

  /**
   * Tells whether the payload begins with these octets.
   *
   * @param octets The octets. If not all of them are at hand: no.
   */
  startsWith(octets: Pattern): boolean {
    return this.#matches(this.#payloadAt, octets);
  }

  /**
   * Tells whether the payload is exactly these octets.
   *
   * @param octets The octets. If not all of them are at hand: no.
   */
  says(octets: Pattern): boolean {
    return this.payloadLen === octets.length && this.startsWith(octets);
  }

  /**
   * Tells whether as much of the payload as is at hand is one octet, repeated.
   *
   * @param octet The octet.
   */
  isFilledWith(octet: number): boolean {
    const end = Math.min(this.length, this.#octets.length);
    for (let i = this.#payloadAt; i < end; i++) {
      if (this.#octets[i] !== octet) return false;
    }
    return true;
  }

  /**
   * Reads 16 bits of the payload.
   *
   * @param at Offset in the payload.
   * @returns The number; −1 if it is not at hand.
   */
  payload16(at: number): number {
    const from = this.#payloadAt + at;
    return from + 2 > this.#octets.length ? -1 : this.#view.getUint16(from);
  }

  /**
   * Reads 32 bits of the payload.
   *
   * @param at Offset in the payload.
   * @returns An int32 bit pattern; `undefined` if it is not at hand.
   */
  payload32(at: number): number | undefined {
    const from = this.#payloadAt + at;
    return from + 4 > this.#octets.length
      ? undefined
      : this.#view.getInt32(from);
  }

  #matches(at: number, octets: Pattern): boolean {
    if (at + octets.length > this.#octets.length) return false;
    for (let i = 0; i < octets.length; i++) {
      const octet = octets[i]!;
      if (octet !== ANY && this.#octets[at + i] !== octet) return false;
    }
    return true;
  }
}
