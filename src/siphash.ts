/**
 * SipHash-2-4: a short keyed hash that nobody without the key can predict.
 *
 * @see {@link https://www.aumasson.jp/siphash/siphash.pdf | Aumasson and Bernstein,
 * "SipHash: a fast short-input PRF", §2}
 *
 * @module
 */

/** Length of a key, in octets. */
export const KEY_LEN = 16;

/**
 * A key and the two halves of the last hash made with it.
 *
 * JavaScript has no fast 64-bit integers, so each of the four state words is a
 * high and a low int32, and an addition carries by hand: `Number` of a
 * comparison costs no branch, a conditional would.
 */
export class SipHash {
  readonly #k0h: number;
  readonly #k0l: number;
  readonly #k1h: number;
  readonly #k1l: number;

  /** High 32 bits of the last hash, as an int32 bit pattern. */
  high = 0;

  /**
   * Takes a key.
   *
   * @param key Its {@linkcode KEY_LEN} octets.
   */
  constructor(key: Uint8Array) {
    const view = new DataView(key.buffer, key.byteOffset, KEY_LEN);
    this.#k0l = view.getInt32(0, true);
    this.#k0h = view.getInt32(4, true);
    this.#k1l = view.getInt32(8, true);
    this.#k1h = view.getInt32(12, true);
  }

  /**
   * Hashes a message of whole 32-bit words, little-endian as the paper has it.
   *
   * @param words Memory that holds the message.
   * @param count Number of words, in `[0, 63]`.
   * @returns Low 32 bits of the hash, as an int32 bit pattern; the others are
   * in {@linkcode SipHash.high}.
   */
  hash(words: Int32Array, count: number): number {
    let v0h = this.#k0h ^ 0x736f6d65;
    let v0l = this.#k0l ^ 0x70736575;
    let v1h = this.#k1h ^ 0x646f7261;
    let v1l = this.#k1l ^ 0x6e646f6d;
    let v2h = this.#k0h ^ 0x6c796765;
    let v2l = this.#k0l ^ 0x6e657261;
    let v3h = this.#k1h ^ 0x74656462;
    let v3l = this.#k1l ^ 0x79746573;

    // The last block holds an odd word, if any, and the length in octets.
    const lastBlock = count >> 1;
    for (let block = 0; block <= lastBlock + 1; block++) {
      let mh = 0;
      let ml = 0;
      let rounds = 2;
      if (block < lastBlock) {
        ml = words[block << 1]!;
        mh = words[(block << 1) + 1]!;
      } else if (block === lastBlock) {
        ml = count & 1 ? words[count - 1]! : 0;
        mh = count << 26; // octets, modulo 256, in the topmost octet
      } else {
        v2l ^= 0xff;
        rounds = 4;
      }
      v3h ^= mh;
      v3l ^= ml;
      for (; rounds > 0; rounds--) {
        let low = (v0l + v1l) | 0; // v0 += v1
        v0h = (v0h + v1h + Number(low >>> 0 < v1l >>> 0)) | 0;
        v0l = low;
        let high = v1h << 13 | v1l >>> 19; // v1 <<<= 13
        v1l = v1l << 13 | v1h >>> 19;
        v1h = high ^ v0h;
        v1l ^= v0l;
        low = v0h; // v0 <<<= 32
        v0h = v0l;
        v0l = low;
        low = (v2l + v3l) | 0; // v2 += v3
        v2h = (v2h + v3h + Number(low >>> 0 < v3l >>> 0)) | 0;
        v2l = low;
        high = v3h << 16 | v3l >>> 16; // v3 <<<= 16
        v3l = v3l << 16 | v3h >>> 16;
        v3h = high ^ v2h;
        v3l ^= v2l;
        low = (v0l + v3l) | 0; // v0 += v3
        v0h = (v0h + v3h + Number(low >>> 0 < v3l >>> 0)) | 0;
        v0l = low;
        high = v3h << 21 | v3l >>> 11; // v3 <<<= 21
        v3l = v3l << 21 | v3h >>> 11;
        v3h = high ^ v0h;
        v3l ^= v0l;
        low = (v2l + v1l) | 0; // v2 += v1
        v2h = (v2h + v1h + Number(low >>> 0 < v1l >>> 0)) | 0;
        v2l = low;
        high = v1h << 17 | v1l >>> 15; // v1 <<<= 17
        v1l = v1l << 17 | v1h >>> 15;
        v1h = high ^ v2h;
        v1l ^= v2l;
        low = v2h; // v2 <<<= 32
        v2h = v2l;
        v2l = low;
      }
      v0h ^= mh;
      v0l ^= ml;
    }
    this.high = v0h ^ v1h ^ v2h ^ v3h;
    return v0l ^ v1l ^ v2l ^ v3l;
  }
}
