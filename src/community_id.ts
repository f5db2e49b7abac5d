/**
 * The Community ID of a flow, version 1 with seed 0: the same short text in
 * every tool that sees the flow, in both directions, to join what they say.
 *
 * ```text
 *  "1:" base64(SHA-1( | 0 (2) | address | address | protocol | 0 |
 *                     | port (2) | port (2) | ))
 * ```
 *
 * The end with the lower address, and of equals the lower port, comes first.
 *
 * @see {@link https://github.com/corelight/community-id-spec | Community ID}
 * @see {@link https://www.rfc-editor.org/rfc/rfc3174 | RFC 3174}, SHA-1
 * @module
 */

/** Length of the text, in octets. */
export const COMMUNITY_ID_LEN = 30;

const CACHED = 1024; // a power of two
const KEY_WORDS = 11; // of a block that are not the same for all flows
const DIGITS_LEN = COMMUNITY_ID_LEN - 2;

const SEED_LEN = 2;
const BLOCK_LEN = 64;
const SHA1_ROUNDS = 80;
const SHA1_WORDS = 5;
const LENGTH_AT = 60; // of the message's length in bits, in its last block

const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;
const SCTP = 132;

const NO_PAIR = -1;
/** ICMP types that ask, and the types that answer them. */
const ICMP_PAIRS = pairs([8, 0], [10, 9], [13, 14], [15, 16], [17, 18]);
/** The same of ICMPv6. */
const ICMPV6_PAIRS = pairs(
  [128, 129],
  [130, 131],
  [133, 134],
  [135, 136],
  [139, 140],
  [144, 145],
);

const DIGITS = new TextEncoder().encode(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
);
const PADDING = 0x3d;

/**
 * Computes Community IDs. One instance serves every packet, and remembers what
 * it has computed lately: a packet is mostly followed by one of its own flow,
 * such as its answer.
 */
export class CommunityId {
  readonly #block = new Uint8Array(BLOCK_LEN);
  readonly #view = new DataView(this.#block.buffer);
  readonly #schedule = new Int32Array(SHA1_ROUNDS);
  // A word more, for the digits at the end that come from no octet.
  readonly #digest = new DataView(new ArrayBuffer(4 * (SHA1_WORDS + 1)));

  // Direct-mapped: a flow's place is a hash of its block.
  readonly #keys = new Int32Array(CACHED * KEY_WORDS);
  readonly #texts = new Uint8Array(CACHED * DIGITS_LEN);

  /** The text computed last, in ASCII. */
  readonly text: Uint8Array<ArrayBuffer> = new Uint8Array(COMMUNITY_ID_LEN);

  /** Makes one that has yet to compute something. */
  constructor() {
    this.text.set([0x31, 0x3a]); // "1:"
  }

  /**
   * Computes the ID of the flow that a packet belongs to.
   *
   * @param bytes Memory that the packet is in.
   * @param srcAt Offset of its source address, directly followed by its
   * destination address.
   * @param addressLen Length of one address, in octets: 4 or 16.
   * @param protocol IANA protocol number.
   * @param ports Source port in the high, destination port in the low 16 bits;
   * of ICMP, type and code; of what has neither, ignored.
   */
  compute(
    bytes: Uint8Array,
    srcAt: number,
    addressLen: number,
    protocol: number,
    ports: number,
  ): void {
    const src = ports >>> 16;
    let dst = ports & 0xffff;
    let isOneWay = false;
    if (protocol === ICMP || protocol === ICMPV6) {
      const pair = (protocol === ICMP ? ICMP_PAIRS : ICMPV6_PAIRS)[src & 0xff]!;
      isOneWay = pair === NO_PAIR;
      if (!isOneWay) dst = pair;
    }
    const isSwapped = !isOneWay &&
      isHigher(bytes, srcAt, srcAt + addressLen, addressLen, src - dst);
    const firstAt = isSwapped ? srcAt + addressLen : srcAt;
    const secondAt = isSwapped ? srcAt : srcAt + addressLen;

    const block = this.#block;
    block.fill(0);
    let end = SEED_LEN;
    for (let i = 0; i < addressLen; i++) block[end++] = bytes[firstAt + i]!;
    for (let i = 0; i < addressLen; i++) block[end++] = bytes[secondAt + i]!;
    block[end] = protocol;
    end += 2;
    if (hasPorts(protocol)) {
      this.#view.setUint16(end, isSwapped ? dst : src);
      this.#view.setUint16(end + 2, isSwapped ? src : dst);
      end += 4;
    }
    block[end] = 0x80;
    this.#view.setUint32(LENGTH_AT, end << 3);
    this.#lookUp();
  }

  /** Copies what was computed for the same block before, or computes it. */
  #lookUp(): void {
    let hash = 0;
    for (let i = 0; i < KEY_WORDS; i++) {
      hash = Math.imul(hash ^ this.#view.getInt32(i << 2), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    const slot = hash & (CACHED - 1);
    const keyAt = slot * KEY_WORDS;
    const textAt = slot * DIGITS_LEN;
    let isSame = true;
    for (let i = 0; i < KEY_WORDS; i++) {
      const word = this.#view.getInt32(i << 2);
      if (this.#keys[keyAt + i] !== word) isSame = false;
      this.#keys[keyAt + i] = word;
    }
    const { text } = this;
    if (isSame) {
      for (let i = 0; i < DIGITS_LEN; i++) {
        text[2 + i] = this.#texts[textAt + i]!;
      }
      return;
    }
    this.#hash();
    this.#spell();
    for (let i = 0; i < DIGITS_LEN; i++) this.#texts[textAt + i] = text[2 + i]!;
  }

  /** SHA-1 of the one block, RFC 3174 §6.1. */
  #hash(): void {
    const w = this.#schedule;
    for (let t = 0; t < 16; t++) w[t] = this.#view.getInt32(t << 2);
    for (let t = 16; t < SHA1_ROUNDS; t++) {
      const x = w[t - 3]! ^ w[t - 8]! ^ w[t - 14]! ^ w[t - 16]!;
      w[t] = x << 1 | x >>> 31;
    }
    let a = 0x67452301;
    let b = 0xefcdab89 | 0;
    let c = 0x98badcfe | 0;
    let d = 0x10325476;
    let e = 0xc3d2e1f0 | 0;
    for (let t = 0; t < SHA1_ROUNDS; t++) {
      const f = t < 20
        ? (b & c | ~b & d) + 0x5a827999
        : t < 40
        ? (b ^ c ^ d) + 0x6ed9eba1
        : t < 60
        ? (b & c | b & d | c & d) - 0x70e44324
        : (b ^ c ^ d) - 0x359d3e2a;
      const next = (a << 5 | a >>> 27) + f + e + w[t]! | 0;
      e = d;
      d = c;
      c = b << 30 | b >>> 2;
      b = a;
      a = next;
    }
    this.#digest.setInt32(0, a + 0x67452301);
    this.#digest.setInt32(4, b + 0xefcdab89);
    this.#digest.setInt32(8, c + 0x98badcfe);
    this.#digest.setInt32(12, d + 0x10325476);
    this.#digest.setInt32(16, e + 0xc3d2e1f0);
  }

  /** Writes the digest in base64, RFC 4648 §4. */
  #spell(): void {
    const { text } = this;
    for (let i = 0; i < 4 * SHA1_WORDS; i += 3) {
      const at = 2 + (i / 3 << 2);
      const bits = this.#digest.getInt32(i);
      text[at] = DIGITS[bits >>> 26]!;
      text[at + 1] = DIGITS[bits >>> 20 & 63]!;
      text[at + 2] = DIGITS[bits >>> 14 & 63]!;
      text[at + 3] = DIGITS[bits >>> 8 & 63]!;
    }
    text[COMMUNITY_ID_LEN - 1] = PADDING; // 20 octets are 27 digits
  }
}

function hasPorts(protocol: number): boolean {
  return protocol === TCP || protocol === UDP || protocol === ICMP ||
    protocol === ICMPV6 || protocol === SCTP;
}

/** Whether the end at `at` is the second one; `rest` decides between equals. */
function isHigher(
  bytes: Uint8Array,
  at: number,
  otherAt: number,
  length: number,
  rest: number,
): boolean {
  for (let i = 0; i < length; i++) {
    const difference = bytes[at + i]! - bytes[otherAt + i]!;
    if (difference !== 0) return difference > 0;
  }
  return rest > 0;
}

/** [type] → the type that it belongs to, or {@linkcode NO_PAIR}. */
function pairs(...types: readonly (readonly [number, number])[]): Int16Array {
  const table = new Int16Array(256).fill(NO_PAIR);
  for (const [request, reply] of types) {
    table[request] = reply;
    table[reply] = request;
  }
  return table;
}
