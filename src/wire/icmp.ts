/**
 * ICMP messages, RFC 792 and RFC 4443, and those of neighbour discovery,
 * RFC 4861.
 *
 * ```text
 *  +---------------+---------------+-------------------------------+
 *  |     Type      |     Code      |           Checksum            |
 *  +---------------+---------------+-------------------------------+
 *  |  body: identifier and sequence number of an echo, flags of an |
 *  |  advertisement, …                                             |
 *  +---------------------------------------------------------------+
 * ```
 *
 * @module
 */

import type { Arena } from "../arena.ts";
import { sum16 } from "./checksum.ts";
import { MAC_LEN } from "./ethernet.ts";
import { IPV6_ADDRESS_LEN } from "./ipv6.ts";

/** Length of the header common to all messages, in octets. */
export const ICMP_HEADER_LEN = 4;
/** Length of an echo message without data, in octets: RFC 792. */
export const ECHO_LEN = 8;

/** ICMPv4 Echo Reply. */
export const ICMPV4_ECHO_REPLY = 0;
/** ICMPv4 Echo. */
export const ICMPV4_ECHO = 8;
/** ICMPv6 Echo Request, RFC 4443 §4.1. */
export const ICMPV6_ECHO_REQUEST = 128;
/** ICMPv6 Echo Reply, RFC 4443 §4.2. */
export const ICMPV6_ECHO_REPLY = 129;
/** Neighbor Solicitation, RFC 4861 §4.3. */
export const NEIGHBOR_SOLICITATION = 135;
/** Neighbor Advertisement, RFC 4861 §4.4. */
export const NEIGHBOR_ADVERTISEMENT = 136;
/** Length of an error message without what it quotes, in octets. */
export const ICMP_ERROR_LEN = 8;
/** ICMPv4 Destination Unreachable, Port Unreachable, as it begins. */
export const ICMPV4_PORT_UNREACHABLE = 0x0303;
/** ICMPv6 Destination Unreachable, Port unreachable, RFC 4443 §3.1. */
export const ICMPV6_PORT_UNREACHABLE = 0x0104;
/** Length of a Neighbor Solicitation without options, in octets. */
export const SOLICITATION_LEN = 24;
/** Neighbor Advertisement flag: answers a solicitation. */
export const SOLICITED_FLAG = 0x40000000;
/** Neighbor Advertisement flag: replaces what the peer has cached. */
export const OVERRIDE_FLAG = 0x20000000;

// Field offsets, in octets from the start of the message.
const TYPE = 0;
const CODE = 1;
const CHECKSUM = 2;
const TARGET = 8;
const OPTIONS = 24;

const SOURCE_LINK_LAYER_ADDRESS = 1;
const TARGET_LINK_LAYER_ADDRESS = 2;

/** A movable window on an ICMPv4 or ICMPv6 message in the arena. */
export class IcmpMessage {
  readonly #view: DataView;
  #at = 0;
  #end = 0;

  /**
   * Makes a window that has yet to be opened.
   *
   * @param arena Memory that it slides over.
   */
  constructor(arena: Arena) {
    this.#view = arena.view;
  }

  /**
   * Slides the window to `[at, end)`.
   *
   * @param at Offset of the first octet.
   * @param end Offset one past the last octet that IP carried.
   * @returns Whether the common header is there.
   */
  open(at: number, end: number): boolean {
    this.#at = at;
    this.#end = end;
    return end - at >= ICMP_HEADER_LEN;
  }

  /** Offset of the first octet. */
  get at(): number {
    return this.#at;
  }
  /** Offset one past the last octet. */
  get end(): number {
    return this.#end;
  }
  /** Length of header and body, in octets. */
  get length(): number {
    return this.#end - this.#at;
  }
  /** Message type. */
  get type(): number {
    return this.#view.getUint8(this.#at + TYPE);
  }
  /** Message code. */
  get code(): number {
    return this.#view.getUint8(this.#at + CODE);
  }
  /** Offset of the 16-octet target of a Neighbor Solicitation. */
  get targetAt(): number {
    return this.#at + TARGET;
  }

  /**
   * Tells whether the checksum is right.
   *
   * @param seed Folded sum of the pseudo-header; 0 for ICMPv4, which has none.
   */
  sumsUp(seed: number): boolean {
    return sum16(this.#view, this.#at, this.#end, seed) === 0xffff;
  }

  /**
   * Tells whether the options of a Neighbor Solicitation are well formed.
   *
   * @param mayNameSource Whether a source link-layer address is allowed: not
   * when the sender has no address yet.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc4861#section-7.1.1 | RFC 4861 §7.1.1}
   */
  optionsAreValid(mayNameSource: boolean): boolean {
    let at = this.#at + OPTIONS;
    while (at < this.#end) {
      if (this.#end - at < 8) return false;
      const length = this.#view.getUint8(at + 1) << 3;
      if (length === 0 || length > this.#end - at) return false;
      const type = this.#view.getUint8(at);
      if (type === SOURCE_LINK_LAYER_ADDRESS && !mayNameSource) return false;
      at += length;
    }
    return true;
  }
}

/**
 * Writes the reply to an echo message: the same octets with another type.
 *
 * @param out Arena to write `[at, at + message.length)` of; must not overlap
 * `message`.
 * @param at Offset of the first octet.
 * @param message Echo being answered, its checksum known to be right.
 * @param type {@linkcode ICMPV4_ECHO_REPLY} or {@linkcode ICMPV6_ECHO_REPLY}.
 * @returns Offset one past the reply. Its checksum is left 0.
 */
export function emitEchoReply(
  out: Arena,
  at: number,
  message: IcmpMessage,
  type: number,
): number {
  out.bytes.copyWithin(at, message.at, message.end);
  out.view.setUint8(at + TYPE, type);
  out.view.setUint16(at + CHECKSUM, 0);
  return at + message.length;
}

/**
 * Writes an error about a packet.
 *
 * @param out Arena to write `[at, at + 8 + quoteEnd - quoteAt)` of.
 * @param at Offset of the first octet.
 * @param typeCode Type in the high octet, code in the low one.
 * @param quoteAt Offset of the first octet of the packet.
 * @param quoteEnd Offset one past the last octet of it that is quoted.
 * @returns Offset one past the error. Its checksum is left 0.
 */
export function emitUnreachable(
  out: Arena,
  at: number,
  typeCode: number,
  quoteAt: number,
  quoteEnd: number,
): number {
  out.view.setInt32(at + TYPE, typeCode << 16);
  out.view.setInt32(at + ICMP_HEADER_LEN, 0);
  out.bytes.copyWithin(at + ICMP_ERROR_LEN, quoteAt, quoteEnd);
  return at + ICMP_ERROR_LEN + quoteEnd - quoteAt;
}

/**
 * Writes a Neighbor Advertisement for `targetAt`, at `selfMacAt` if it is to
 * replace what the peer has cached.
 *
 * @param out Arena to write `[at, at + 32)` of.
 * @param at Offset of the first octet.
 * @param flags {@linkcode SOLICITED_FLAG} and {@linkcode OVERRIDE_FLAG}.
 * @param targetAt Offset of the 16-octet address that was asked for.
 * @param selfMacAt Offset of our 6-octet hardware address.
 * @returns Offset one past the advertisement. Its checksum is left 0.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc4861#section-4.4 | RFC 4861 §4.4}
 */
export function emitAdvertisement(
  out: Arena,
  at: number,
  flags: number,
  targetAt: number,
  selfMacAt: number,
): number {
  const { bytes, view } = out;
  view.setInt32(at + TYPE, NEIGHBOR_ADVERTISEMENT << 24);
  view.setInt32(at + ICMP_HEADER_LEN, flags);
  bytes.copyWithin(at + TARGET, targetAt, targetAt + IPV6_ADDRESS_LEN);
  const optionAt = at + OPTIONS;
  if ((flags & OVERRIDE_FLAG) === 0) return optionAt;
  view.setUint16(optionAt, TARGET_LINK_LAYER_ADDRESS << 8 | 1);
  bytes.copyWithin(optionAt + 2, selfMacAt, selfMacAt + MAC_LEN);
  return optionAt + 2 + MAC_LEN;
}

/**
 * Writes a Neighbor Solicitation from somebody who has no address yet.
 *
 * @param out Arena to write `[at, at + 24)` of.
 * @param at Offset of the first octet.
 * @param target Address that is asked for, 16 octets.
 * @returns Offset one past the solicitation. Its checksum is left 0.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc4861#section-4.3 | RFC 4861 §4.3}
 */
export function emitSolicitation(
  out: Arena,
  at: number,
  target: Uint8Array,
): number {
  const { bytes, view } = out;
  view.setInt32(at + TYPE, NEIGHBOR_SOLICITATION << 24);
  view.setInt32(at + ICMP_HEADER_LEN, 0);
  bytes.set(target, at + TARGET);
  return at + SOLICITATION_LEN;
}

/**
 * Computes and stores the checksum of a message whose other fields are final.
 *
 * @param out Memory that holds the message.
 * @param at Offset of the first octet; the checksum field must be 0.
 * @param end Offset one past the last octet.
 * @param seed Folded sum of the pseudo-header; 0 for ICMPv4, which has none.
 */
export function sealIcmp(
  out: DataView,
  at: number,
  end: number,
  seed: number,
): void {
  out.setUint16(at + CHECKSUM, ~sum16(out, at, end, seed));
}
