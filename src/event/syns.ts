/**
 * Remembers SYNs until more is heard of their connections: in a fixed place,
 * for there may be hundreds of thousands a second.
 *
 * @module
 */

import type { FrameRecord, Peers } from "../record/records.ts";

const SLOTS = 65_536; // a power of two
const WORDS = 6; // of a slot
const NUMBERS = 4;

/** What is remembered of a SYN. */
export interface Syn {
  /** When it came, in milliseconds since 1970. */
  readonly time: number;
  /** Length of the packet that acknowledged our answer, if it was recorded. */
  readonly ackLen: number;
  /** Length of its packet, in octets. */
  readonly packetLen: number;
  /** Length of the packet that answered it, in octets. */
  readonly sentLen: number;
}

/**
 * SYNs, each in the slot that its seed says: a later one takes the place of an
 * earlier one.
 */
export class Syns {
  readonly #words = new Int32Array(SLOTS * WORDS);
  readonly #numbers = new Float64Array(SLOTS * NUMBERS);
  readonly #key = new Int32Array(WORDS);

  /**
   * Remembers a SYN.
   *
   * @param frame Its record.
   */
  add(frame: FrameRecord): void {
    const slot = this.#slotOf(frame);
    this.#words.set(this.#key, slot * WORDS);
    const at = slot * NUMBERS;
    this.#numbers[at] = frame.time;
    this.#numbers[at + 1] = frame.packetLen;
    this.#numbers[at + 2] = frame.sentLen;
    this.#numbers[at + 3] = 0;
  }

  /**
   * Remembers the segment that acknowledged our answer to a SYN.
   *
   * @param frame Its record.
   */
  acknowledge(frame: FrameRecord): void {
    const slot = this.#find(frame);
    if (slot >= 0) this.#numbers[slot * NUMBERS + 3] = frame.packetLen;
  }

  /**
   * Takes the SYN of a connection.
   *
   * @param peers A record of the connection.
   * @returns Its SYN, if it is remembered.
   */
  take(peers: Peers): Syn | undefined {
    const slot = this.#find(peers);
    if (slot < 0) return undefined;
    const at = slot * NUMBERS;
    const [time, packetLen, sentLen, ackLen] = this.#numbers
      .subarray(at, at + NUMBERS);
    this.#numbers[at] = 0;
    return {
      time: time!,
      packetLen: packetLen!,
      sentLen: sentLen!,
      ackLen: ackLen!,
    };
  }

  /** Finds the slot of a connection; −1 if it is not remembered. */
  #find(peers: Peers): number {
    const slot = this.#slotOf(peers);
    for (let i = 0; i < WORDS; i++) {
      if (this.#words[slot * WORDS + i] !== this.#key[i]) return -1;
    }
    return this.#numbers[slot * NUMBERS] === 0 ? -1 : slot;
  }

  /** Fills the key from a record, and finds its slot. */
  #slotOf({ dst, dstPort, seed, src, srcPort, vlan }: Peers): number {
    const key = this.#key;
    key[0] = seed;
    key[1] = srcPort << 16 | dstPort;
    key[2] = wordOf(src, src.length - 4);
    key[3] = wordOf(dst, dst.length - 4);
    key[4] = src.length === 4 ? 0 : wordOf(src, 0) ^ wordOf(src, 4);
    key[5] = vlan;
    return seed & (SLOTS - 1);
  }
}

function wordOf(octets: Uint8Array, at: number): number {
  return octets[at]! << 24 | octets[at + 1]! << 16 | octets[at + 2]! << 8 |
    octets[at + 3]!;
}
