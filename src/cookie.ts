/**
 * SYN cookies: a sequence number that proves, when it comes back acknowledged,
 * that the peer received it. Until then nothing is remembered about the peer.
 *
 * ```text
 *  cookie = SipHash-2-4(key, tuple, client's sequence number, slot)
 *             XOR  what the client's SYN offered (5 bits)
 * ```
 *
 * The 5 bits ride in the low bits of an unpredictable number, so a cookie
 * looks like any other sequence number. A forger's chance is 2 in 2^27 a
 * segment. Time is cut into slots; a cookie of this slot or the one before is
 * good, so it lives for 65 to 131 seconds.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc4987#section-3.6 | RFC 4987 §3.6}
 *
 * @module
 */

import { SipHash } from "./siphash.ts";
import type { Tuple } from "./tuple.ts";

/** Result of {@linkcode Cookies.check}: not a cookie of ours. */
export const FORGED: number = -1;

const BITS = 0x1f; // classes of MSS and of window scale
const MSS_CLASS = 0x07;
const SCALE_AT = 3; // bit at which the class of the scale begins
const SLOT_MS = 65_536;

// Segment sizes that a cookie can remember; a peer gets the next smaller one.
// 48 is the least that Linux will use, 265 is nmap's, 536 and 1220 the defaults
// of RFC 9293 §3.7.1, the rest Ethernet less tunnels and IP headers.
const MSS_CLASSES = Int32Array.of(48, 265, 536, 1220, 1360, 1400, 1440, 1460);

// Window scales that a cookie can remember, −1 for none at all; a peer gets the
// next smaller one, so that we never send more than it has room for.
const SCALE_CLASSES = Int32Array.of(-1, 0, 4, 7);

/** Makes cookies and recognises them. */
export class Cookies {
  readonly #first: SipHash;
  #current: SipHash;
  #previous: SipHash;
  #currentSince = 0; // slot
  #slot = 0;

  /**
   * 32 more bits that nobody else can predict, of the cookie made last or
   * found good last: the same each time for one cookie.
   */
  entropy = 0;

  /**
   * Starts with a key.
   *
   * @param key Key for {@linkcode SipHash}.
   */
  constructor(key: Uint8Array) {
    this.#first = new SipHash(key);
    this.#current = this.#first;
    this.#previous = this.#first;
  }

  /**
   * Lets time pass.
   *
   * @param now Time, in milliseconds since 1970.
   */
  tick(now: number): void {
    this.#slot = Math.floor(now / SLOT_MS);
  }

  /**
   * Changes the key. Cookies made so far stay good for as long as they would
   * have been.
   *
   * @param key Key for {@linkcode SipHash}. The next may follow after three
   * minutes.
   * @param at Time that the key is due, in milliseconds since 1970; it is in use
   * from the slot after that one on.
   */
  rotate(key: Uint8Array, at: number): void {
    this.#previous = this.#current;
    this.#current = new SipHash(key);
    this.#currentSince = Math.floor(at / SLOT_MS) + 1;
  }

  /**
   * Makes the sequence number that answers a SYN.
   *
   * @param tuple Addresses and ports of the SYN.
   * @param seq The SYN's sequence number.
   * @param bits From {@linkcode bitsOf}.
   * @returns Cookie, as an int32 bit pattern.
   */
  make(tuple: Tuple, seq: number, bits: number): number {
    return this.#hash(tuple, seq, this.#slot) ^ bits;
  }

  /**
   * Tells whether a number is a cookie that we made for this peer lately.
   *
   * @param tuple Addresses and ports of the segment.
   * @param seq Sequence number of the SYN that the peer must have sent.
   * @param cookie The number before the one that the peer acknowledges.
   * @returns The bits given to `make`, in `[0, 31]`, or {@linkcode FORGED}.
   */
  check(tuple: Tuple, seq: number, cookie: number): number {
    let bits = this.#hash(tuple, seq, this.#slot) ^ cookie;
    if ((bits & ~BITS) === 0) return bits;
    bits = this.#hash(tuple, seq, this.#slot - 1) ^ cookie;
    return (bits & ~BITS) === 0 ? bits : FORGED;
  }

  /**
   * Draws random bits for a pair of hosts, whatever their ports. The key's
   * changes do not change them.
   *
   * @param tuple Both addresses, and more.
   * @returns 32 bits that nobody else can predict, as an int32.
   */
  ofHosts({ count, words }: Tuple): number {
    return this.#first.hash(words, count - 2); // without ports and tags
  }

  #hash(tuple: Tuple, seq: number, slot: number): number {
    const { words, count } = tuple;
    words[count] = seq;
    words[count + 1] = slot;
    const sipHash = slot >= this.#currentSince ? this.#current : this.#previous;
    const hash = sipHash.hash(words, count + 2);
    this.entropy = sipHash.high;
    return hash;
  }
}

/**
 * Puts what a SYN offered into bits.
 *
 * @param mss Maximum segment size that the peer announced, in octets.
 * @param windowScale Shift count of the peer's window; −1: none.
 * @returns Bits for {@linkcode Cookies.make}, in `[0, 31]`.
 */
export function bitsOf(mss: number, windowScale: number): number {
  let mssClass = MSS_CLASSES.length - 1;
  while (mssClass > 0 && MSS_CLASSES[mssClass]! > mss) mssClass--;
  let scaleClass = SCALE_CLASSES.length - 1;
  while (SCALE_CLASSES[scaleClass]! > windowScale) scaleClass--;
  return scaleClass << SCALE_AT | mssClass;
}

/**
 * Reads the segment size out of a cookie's bits.
 *
 * @param bits From {@linkcode Cookies.check}.
 * @returns Largest segment payload to send to the peer, in octets.
 */
export function mssOf(bits: number): number {
  return MSS_CLASSES[bits & MSS_CLASS]!;
}

/**
 * Reads the window scale out of a cookie's bits.
 *
 * @param bits From {@linkcode Cookies.check}.
 * @returns Shift count of the peer's window; −1: its windows are not scaled.
 */
export function windowScaleOf(bits: number): number {
  return SCALE_CLASSES[bits >>> SCALE_AT]!;
}
