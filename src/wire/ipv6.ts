/**
 * Internet Protocol version 6 header and extension headers, RFC 8200.
 *
 * ```text
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-------+---------------+---------------------------------------+
 *  |Version| Traffic Class |              Flow Label               |
 *  +-------+---------------+-------+---------------+---------------+
 *  |         Payload Length        |  Next Header  |   Hop Limit   |
 *  +-------------------------------+---------------+---------------+
 *  |                     Source Address (16)                       |
 *  +---------------------------------------------------------------+
 *  |                  Destination Address (16)                     |
 *  +---------------------------------------------------------------+
 * ```
 *
 * @module
 */

import type { Arena } from "../arena.ts";
import { fold, sum16 } from "./checksum.ts";

/** Length of the fixed header, in octets. */
export const IPV6_HEADER_LEN = 40;
/** Length of an address, in octets. */
export const IPV6_ADDRESS_LEN = 16;

// Field offsets, in octets from the start of the header.
const VERSION_CLASS_LABEL = 0;
const PAYLOAD_LEN = 4;
const NEXT_HEADER = 6;
const HOP_LIMIT = 7;
const SRC = 8;
const DST = 24;

// IANA "Protocol Numbers" that are extension headers.
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const DESTINATION_OPTIONS = 60;

// More extension headers than any honest sender has use for: RFC 8200 §4.1
// lists seven, counting both places of the destination options.
const MAX_EXTENSIONS = 8;

// Within an extension header.
const HEADER_EXT_LEN = 1; // in units of 8 octets, not counting the first 8
const SEGMENTS_LEFT = 3;
const FRAGMENT_OFFSET = 2;
const FRAGMENT_MASK = 0xfff9; // offset and more-fragments flag
const OPTION_PAD1 = 0;

/** A movable window on an IPv6 header in the arena. */
export class Ipv6Header {
  readonly #view: DataView;
  #at = 0;
  #protocol = 0;
  #payloadAt = 0;
  #isFragment = false;
  #hasFragmentHeader = false;

  /** Length of the addresses, in octets. */
  readonly addressLen: number = IPV6_ADDRESS_LEN;

  /**
   * Makes a window that has yet to be opened.
   *
   * @param arena Memory that it slides over.
   */
  constructor(arena: Arena) {
    this.#view = arena.view;
  }

  /**
   * Slides the window to `[at, end)` and walks the extension headers.
   *
   * @param at Offset of the first header octet.
   * @param end Offset one past the last octet of the frame.
   * @returns Whether the header fits the frame and every extension header fits
   * the payload and may be passed over by its destination.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc8200#section-4 | RFC 8200 §4}
   */
  open(at: number, end: number): boolean {
    this.#at = at;
    if (end - at < IPV6_HEADER_LEN) return false;
    if (this.#view.getUint8(at) >>> 4 !== 6) return false;
    if (this.payloadEnd > end) return false;
    return this.#walk(at + IPV6_HEADER_LEN, this.payloadEnd);
  }

  #walk(at: number, end: number): boolean {
    const view = this.#view;
    let next = view.getUint8(this.#at + NEXT_HEADER);
    this.#isFragment = false;
    this.#hasFragmentHeader = false;
    for (let count = 0; isExtension(next); count++) {
      if (count === MAX_EXTENSIONS || end - at < 8) return false;
      // Hop-by-hop options are only allowed to come first, §4.1.
      if (next === HOP_BY_HOP && count > 0) return false;
      const length = next === FRAGMENT
        ? 8
        : (view.getUint8(at + HEADER_EXT_LEN) + 1) << 3;
      if (end - at < length) return false;
      if (next === FRAGMENT) {
        this.#hasFragmentHeader = true;
        const field = view.getUint16(at + FRAGMENT_OFFSET) & FRAGMENT_MASK;
        // An atomic fragment is a whole datagram, RFC 6946 §4.
        if (field !== 0) this.#isFragment = true;
      } else if (next === ROUTING) {
        // Not the last stop: a host does not forward, §4.4.
        if (view.getUint8(at + SEGMENTS_LEFT) !== 0) return false;
      } else if (!mayPassOver(view, at + 2, at + length)) {
        return false;
      }
      next = view.getUint8(at);
      at += length;
      if (this.#isFragment) break; // what follows is not a header
    }
    this.#protocol = next;
    this.#payloadAt = at;
    return true;
  }

  /** Offset of the first header octet. */
  get at(): number {
    return this.#at;
  }
  /** Whether it is a part of a datagram rather than a whole one. */
  get isFragment(): boolean {
    return this.#isFragment;
  }
  /** Whether there is a fragment header, be it of a whole datagram. */
  get hasFragmentHeader(): boolean {
    return this.#hasFragmentHeader;
  }
  /** IANA protocol number of the payload, behind any extension headers. */
  get protocol(): number {
    return this.#protocol;
  }
  /** Differentiated services and ECN fields. */
  get trafficClass(): number {
    return this.#view.getUint16(this.#at + VERSION_CLASS_LABEL) >>> 4 & 0xff;
  }
  /** Hop limit. */
  get hopLimit(): number {
    return this.#view.getUint8(this.#at + HOP_LIMIT);
  }
  /** Explicit congestion notification, RFC 3168 §5. */
  get ecn(): number {
    return this.#view.getUint16(this.#at + VERSION_CLASS_LABEL) >>> 4 & 0x03;
  }
  /** Offset of the 16-octet source address. */
  get srcAt(): number {
    return this.#at + SRC;
  }
  /** Offset of the 16-octet destination address. */
  get dstAt(): number {
    return this.#at + DST;
  }
  /** Offset of the first payload octet, behind any extension headers. */
  get payloadAt(): number {
    return this.#payloadAt;
  }
  /** Offset one past the last payload octet; excludes link-layer padding. */
  get payloadEnd(): number {
    return this.#at + IPV6_HEADER_LEN +
      this.#view.getUint16(this.#at + PAYLOAD_LEN);
  }

  /**
   * Sums the pseudo-header of a transport payload between these two hosts.
   *
   * @param length Length of the transport header and payload, in octets.
   * @returns Folded sum in `[0, 0xffff]`, to seed {@linkcode sum16} with. The
   * same for a request and its reply.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc8200#section-8.1 | RFC 8200 §8.1}
   */
  pseudoSum(length: number): number {
    return fold(
      sum16(this.#view, this.#at + SRC, this.#at + DST + IPV6_ADDRESS_LEN) +
        this.#protocol + length,
    );
  }
}

/**
 * Writes a fixed header.
 *
 * @param out Arena to write `[at, at + 40)` of.
 * @param at Offset of the first header octet.
 * @param nextHeader IANA protocol number of the payload.
 * @param hopLimit Hop limit, in `[1, 255]`.
 * @param end Offset one past the last payload octet.
 */
export function emitIpv6(
  out: Arena,
  at: number,
  nextHeader: number,
  hopLimit: number,
  end: number,
): void {
  const { view } = out;
  view.setInt32(at + VERSION_CLASS_LABEL, 0x60000000);
  view.setUint16(at + PAYLOAD_LEN, end - at - IPV6_HEADER_LEN);
  view.setUint8(at + NEXT_HEADER, nextHeader);
  view.setUint8(at + HOP_LIMIT, hopLimit);
}

/**
 * Writes the addresses of a header.
 *
 * @param out Arena that holds header and addresses.
 * @param at Offset of the first header octet.
 * @param srcAt Offset of the 16-octet source address.
 * @param dstAt Offset of the 16-octet destination address.
 */
export function addressIpv6(
  out: Arena,
  at: number,
  srcAt: number,
  dstAt: number,
): void {
  const { bytes } = out;
  bytes.copyWithin(at + SRC, srcAt, srcAt + IPV6_ADDRESS_LEN);
  bytes.copyWithin(at + DST, dstAt, dstAt + IPV6_ADDRESS_LEN);
}

/** Whether protocol number `next` is an extension header that we can read. */
function isExtension(next: number): boolean {
  return next === HOP_BY_HOP || next === ROUTING || next === FRAGMENT ||
    next === DESTINATION_OPTIONS;
}

/**
 * Whether every option in `[at, end)` is padding or says "skip over this
 * option", its two highest bits 00: RFC 8200 §4.2. We know no other option.
 */
function mayPassOver(view: DataView, at: number, end: number): boolean {
  while (at < end) {
    const type = view.getUint8(at);
    if (type === OPTION_PAD1) {
      at++;
      continue;
    }
    if (type >>> 6 !== 0 || end - at < 2) return false;
    at += 2 + view.getUint8(at + 1);
  }
  return at === end;
}
