/**
 * A short name for every conversation.
 *
 * @module
 */

import { KEY_LEN, SipHash } from "../siphash.ts";
import type { Peers } from "../record/records.ts";

const TCP = 6;
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const HALF_LEN = 6; // digits that 32 bits take
const WORDS = 12;

/**
 * Names conversations: two numbers of 32 bits that depend on who talks with
 * whom, and since when. They are no secret, only spread well, so the same
 * capture gives the same names every time.
 */
export class FlowId {
  readonly #hash = new SipHash(new Uint8Array(KEY_LEN));
  readonly #words = new Int32Array(WORDS);

  /**
   * Names the conversation that a record belongs to.
   *
   * @param peers The record.
   * @returns `C` and 12 letters and digits, like the `uid` of Zeek. The same
   * for all records of a connection, from the SYN on.
   */
  of(peers: Peers): string {
    const { dst, dstPort, protocol, seed, src, srcPort, time } = peers;
    const words = this.#words;
    let count = 0;
    for (const { buffer, byteOffset, length } of [src, dst]) {
      const view = new DataView(buffer, byteOffset, length);
      for (let at = 0; at < length; at += 4) words[count++] = view.getInt32(at);
    }
    words[count++] = srcPort << 16 | dstPort;
    words[count++] = seed;
    // A seed of TCP is drawn anew for every connection, others are counted; a
    // segment of no connection has none.
    const isUnique = protocol === TCP && seed !== 0;
    words[count++] = isUnique ? 0 : Math.floor(time / 1000);
    words[count++] = protocol;
    const low = this.#hash.hash(words, count);
    return `C${digits(this.#hash.high)}${digits(low)}`;
  }
}

function digits(word: number): string {
  let rest = word >>> 0;
  let text = "";
  for (let i = 0; i < HALF_LEN; i++) {
    text += DIGITS[rest % DIGITS.length];
    rest = Math.floor(rest / DIGITS.length);
  }
  return text;
}
