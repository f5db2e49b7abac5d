/**
 * Where a protocol writes its answer.
 *
 * @module
 */

import type { Arena } from "./arena.ts";

/**
 * A cursor over a piece of the arena that never leaves it: what does not fit
 * is not written, and {@linkcode Writer.overflowed} tells so.
 */
export class Writer {
  readonly #bytes: Uint8Array;
  readonly #limit: number;

  /** Offset of the first octet of the answer. */
  readonly at: number;
  /** Offset one past the last octet written. */
  end: number;
  /** Whether something did not fit since the last `clear`. */
  overflowed = false;

  /**
   * Makes a writer on `[at, limit)`.
   *
   * @param arena Memory to write to.
   * @param at Offset of the first octet.
   * @param limit Offset one past the last octet that may be written.
   */
  constructor(arena: Arena, at: number, limit: number) {
    this.#bytes = arena.bytes;
    this.#limit = limit;
    this.at = at;
    this.end = at;
  }

  /** Starts an answer of nothing. */
  clear(): void {
    this.end = this.at;
    this.overflowed = false;
  }

  /**
   * Appends octets.
   *
   * @param octets What to append.
   */
  put(octets: Uint8Array): void {
    if (octets.length > this.#limit - this.end) {
      this.overflowed = true;
      return;
    }
    this.#bytes.set(octets, this.end);
    this.end += octets.length;
  }
}
