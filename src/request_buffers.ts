/**
 * Where the octets of messages wait that come in more than one segment.
 *
 * @module
 */

import type { Arena } from "./arena.ts";

/** In place of a buffer: none. */
export const NO_BUFFER: number = -1;

const NO_OWNER = -1;

/** Called with a flow whose buffer is about to be another's. */
export type OnReclaim = (owner: number) => void;

/**
 * A fixed number of buffers in the arena, each for one flow. When all are in
 * use, they are taken back in turn.
 */
export class RequestBuffers {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #firstAt: number;
  readonly #onReclaim: OnReclaim;
  readonly #owners: Int32Array<ArrayBuffer>;
  readonly #free: Int32Array<ArrayBuffer>; // stack of free buffers
  #freeCount: number;
  #turn = 0;

  /** Octets that one buffer holds. */
  readonly bufferLen: number;
  /** First octet of each buffer that is still wanted, from its start. */
  readonly starts: Int32Array<ArrayBuffer>;
  /** Octets that each buffer is filled with, from its start. */
  readonly fills: Int32Array<ArrayBuffer>;
  /** Buffers that were taken back. */
  reclaimed = 0;

  /**
   * Takes all buffers from an arena. Memory of the machine is used for those
   * that are ever filled.
   *
   * @param arena Where from.
   * @param count Number of buffers.
   * @param bufferLen Octets that one holds, a multiple of 8.
   * @param onReclaim Called with the owner of a buffer that is taken back.
   */
  constructor(
    arena: Arena,
    count: number,
    bufferLen: number,
    onReclaim: OnReclaim,
  ) {
    this.#bytes = arena.bytes;
    this.#firstAt = arena.allocate(count * bufferLen);
    this.#onReclaim = onReclaim;
    this.#owners = new Int32Array(count).fill(NO_OWNER);
    this.#free = Int32Array.from({ length: count }, (_, i) => count - 1 - i);
    this.#freeCount = count;
    this.bufferLen = bufferLen;
    this.starts = new Int32Array(count);
    this.fills = new Int32Array(count);
  }

  /**
   * Takes a buffer, empty.
   *
   * @param owner Flow that it is for.
   * @returns The buffer.
   */
  take(owner: number): number {
    let buffer = this.#turn;
    if (this.#freeCount > 0) {
      buffer = this.#free[--this.#freeCount]!;
    } else {
      this.#turn = (buffer + 1) % this.#owners.length;
      this.reclaimed++;
      this.#onReclaim(this.#owners[buffer]!);
    }
    this.#owners[buffer] = owner;
    this.starts[buffer] = 0;
    this.fills[buffer] = 0;
    return buffer;
  }

  /**
   * Gives a buffer back.
   *
   * @param buffer The buffer; {@linkcode NO_BUFFER} is harmless.
   */
  release(buffer: number): void {
    if (buffer === NO_BUFFER) return;
    this.#owners[buffer] = NO_OWNER;
    this.#free[this.#freeCount++] = buffer;
  }

  /**
   * Finds a buffer in the arena.
   *
   * @param buffer The buffer.
   * @returns Offset of its first octet.
   */
  at(buffer: number): number {
    return this.#firstAt + buffer * this.bufferLen;
  }

  /**
   * Moves what is still wanted to the start of a buffer.
   *
   * @param buffer The buffer.
   */
  compact(buffer: number): void {
    const start = this.starts[buffer]!;
    if (start === 0) return;
    const at = this.at(buffer);
    this.#bytes.copyWithin(at, at + start, at + this.fills[buffer]!);
    this.fills[buffer]! -= start;
    this.starts[buffer] = 0;
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
    const fill = this.fills[buffer]!;
    if (end - at > this.bufferLen - fill) return false;
    this.#bytes.copyWithin(this.at(buffer) + fill, at, end);
    this.fills[buffer] = fill + end - at;
    return true;
  }
}
