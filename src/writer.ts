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
  readonly #view: DataView;
  readonly #limit: number;
  #asideAt: number; // everything from here to the limit is set apart

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
    this.#view = arena.view;
    this.#limit = limit;
    this.#asideAt = limit;
    this.at = at;
    this.end = at;
  }

  /** Starts an answer of nothing. */
  clear(): void {
    this.end = this.at;
    this.overflowed = false;
    this.#asideAt = this.#limit;
  }

  /**
   * Appends octets.
   *
   * @param octets What to append.
   */
  put(octets: Uint8Array): void {
    if (!this.#reserve(octets.length)) return;
    this.#bytes.set(octets, this.end);
    this.end += octets.length;
  }

  /**
   * Appends one octet.
   *
   * @param value Its value; higher bits are cut off.
   */
  putUint8(value: number): void {
    if (this.#reserve(1)) this.#view.setUint8(this.end++, value);
  }

  /**
   * Appends a 16-bit number in network order.
   *
   * @param value The number; higher bits are cut off.
   */
  putUint16(value: number): void {
    if (!this.#reserve(2)) return;
    this.#view.setUint16(this.end, value);
    this.end += 2;
  }

  /**
   * Appends a 32-bit number in network order.
   *
   * @param value The number, or its int32 bit pattern.
   */
  putUint32(value: number): void {
    if (!this.#reserve(4)) return;
    this.#view.setInt32(this.end, value);
    this.end += 4;
  }

  /**
   * Appends a 16-bit number, least significant octet first.
   *
   * @param value The number; higher bits are cut off.
   */
  putUint16Le(value: number): void {
    if (!this.#reserve(2)) return;
    this.#view.setUint16(this.end, value, true);
    this.end += 2;
  }

  /**
   * Appends a 32-bit number, least significant octet first.
   *
   * @param value The number, or its int32 bit pattern.
   */
  putUint32Le(value: number): void {
    if (!this.#reserve(4)) return;
    this.#view.setInt32(this.end, value, true);
    this.end += 4;
  }

  /**
   * Appends octets of the arena.
   *
   * @param at Offset of the first one.
   * @param end Offset one past the last one.
   */
  copy(at: number, end: number): void {
    if (at >= end || !this.#reserve(end - at)) return;
    this.#bytes.copyWithin(this.end, at, end);
    this.end += end - at;
  }

  /**
   * Sets room apart, behind the answer and no part of it, for what is to be
   * noted and stands nowhere else in the arena. It lasts as long as the answer.
   *
   * @param length Octets that are wanted.
   * @returns Offset of the first one, to be written by the caller, or −1 if
   * there is not that much room.
   */
  aside(length: number): number {
    if (length > this.#asideAt - this.end) return -1;
    this.#asideAt -= length;
    return this.#asideAt;
  }

  /** Whether so many octets fit; if not, something is missing from now on. */
  #reserve(length: number): boolean {
    if (length <= this.#asideAt - this.end) return true;
    this.overflowed = true;
    return false;
  }
}
