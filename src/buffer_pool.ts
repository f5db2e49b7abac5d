/**
 * Where octets of streams wait: requests that came in part, and answers that
 * were not acknowledged.
 *
 * @module
 */

import type { Arena } from "./arena.ts";
import { FairShare } from "./fair_share.ts";

/** In place of a buffer: none. */
export const NO_BUFFER: number = -1;

const NO_OWNER = -1;

/** Who buffers are for. */
export interface BufferOwners {
  /** Makes a flow release its buffer for another's sake. */
  readonly reclaim: (owner: number) => void;
  /** Tells whose a flow is, as {@linkcode FairShare} numbers sources. */
  readonly sourceOf: (owner: number) => number;
}

/**
 * A fixed number of buffers in the arena, each for one flow. When all are in
 * use, they are taken back from the source that has most of them or, if none
 * has more than others, in turn.
 */
export class BufferPool {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #firstAt: number;
  readonly #flows: BufferOwners;
  readonly #shares: FairShare;
  readonly #owners: Int32Array<ArrayBuffer>;
  readonly #free: Int32Array<ArrayBuffer>; // stack of free buffers
  #freeCount: number;
  #turn = 0;

  // What is wanted of each buffer, from its start.
  readonly #starts: Int32Array<ArrayBuffer>;
  readonly #ends: Int32Array<ArrayBuffer>;

  /** Octets that one buffer holds. */
  readonly bufferLen: number;
  /** Buffers that were taken back. */
  reclaimed = 0;

  /**
   * Takes all buffers from an arena. Memory of the machine is used for those
   * that are ever filled.
   *
   * @param arena Where from.
   * @param count Number of buffers.
   * @param bufferLen Octets that one holds, a multiple of 8.
   * @param flows Who the buffers are for.
   */
  constructor(
    arena: Arena,
    count: number,
    bufferLen: number,
    flows: BufferOwners,
  ) {
    this.#bytes = arena.bytes;
    this.#firstAt = arena.allocate(count * bufferLen);
    this.#flows = flows;
    this.#shares = new FairShare(count);
    this.#owners = new Int32Array(count).fill(NO_OWNER);
    this.#free = Int32Array.from({ length: count }, (_, i) => count - 1 - i);
    this.#freeCount = count;
    this.#starts = new Int32Array(count);
    this.#ends = new Int32Array(count);
    this.bufferLen = bufferLen;
  }

  /**
   * Takes a buffer, empty.
   *
   * @param owner Flow that it is for.
   * @returns The buffer.
   */
  take(owner: number): number {
    if (this.#freeCount === 0) {
      const victim = this.#shares.yielder(this.#turn);
      if (victim === this.#turn) {
        this.#turn = (this.#turn + 1) % this.#owners.length;
      }
      this.reclaimed++;
      this.#flows.reclaim(this.#owners[victim]!);
    }
    const buffer = this.#free[--this.#freeCount]!;
    this.#shares.take(buffer, this.#flows.sourceOf(owner));
    this.#owners[buffer] = owner;
    this.#starts[buffer] = 0;
    this.#ends[buffer] = 0;
    return buffer;
  }

  /**
   * Gives a buffer back.
   *
   * @param buffer The buffer; {@linkcode NO_BUFFER} is harmless.
   */
  release(buffer: number): void {
    if (buffer === NO_BUFFER) return;
    this.#shares.giveBack(buffer);
    this.#owners[buffer] = NO_OWNER;
    this.#free[this.#freeCount++] = buffer;
  }

  /**
   * Finds what a buffer holds.
   *
   * @param buffer The buffer.
   * @returns Offset of the first octet in the arena.
   */
  at(buffer: number): number {
    return this.#firstAt + buffer * this.bufferLen + this.#starts[buffer]!;
  }

  /**
   * Counts what a buffer holds.
   *
   * @param buffer The buffer; {@linkcode NO_BUFFER} holds nothing.
   * @returns Number of octets.
   */
  lengthOf(buffer: number): number {
    if (buffer === NO_BUFFER) return 0;
    return this.#ends[buffer]! - this.#starts[buffer]!;
  }

  /**
   * Forgets octets from the front.
   *
   * @param buffer The buffer.
   * @param count How many, no more than it holds.
   */
  drop(buffer: number, count: number): void {
    this.#starts[buffer]! += count;
  }

  /**
   * Appends octets, if there is room.
   *
   * @param buffer The buffer.
   * @param at Offset of the first octet to copy.
   * @param end Offset one past the last.
   * @returns Whether they fit; if not, nothing was copied.
   */
  append(buffer: number, at: number, end: number): boolean {
    const length = this.lengthOf(buffer);
    if (end - at > this.bufferLen - length) return false;
    const from = this.at(buffer);
    const home = from - this.#starts[buffer]!;
    if (end - at > this.bufferLen - this.#ends[buffer]!) {
      this.#bytes.copyWithin(home, from, from + length);
      this.#starts[buffer] = 0;
      this.#ends[buffer] = length;
    }
    this.#bytes.copyWithin(home + this.#ends[buffer]!, at, end);
    this.#ends[buffer]! += end - at;
    return true;
  }

  /**
   * Puts octets in front of what a buffer holds, if there is room.
   *
   * @param buffer The buffer.
   * @param at Offset of the first octet to copy.
   * @param end Offset one past the last.
   * @returns Whether they fit; if not, nothing was copied.
   */
  prepend(buffer: number, at: number, end: number): boolean {
    const length = this.lengthOf(buffer);
    const count = end - at;
    if (count > this.bufferLen - length) return false;
    const from = this.at(buffer);
    const home = from - this.#starts[buffer]!;
    if (count > this.#starts[buffer]!) {
      this.#bytes.copyWithin(home + count, from, from + length);
      this.#starts[buffer] = count;
      this.#ends[buffer] = count + length;
    }
    this.#starts[buffer]! -= count;
    this.#bytes.copyWithin(home + this.#starts[buffer]!, at, end);
    return true;
  }
}
