/**
 * Frames that are answered some time after they came, unless something else
 * comes in between: handshakes with ports where clients wait for a greeting.
 *
 * All wait for the same time, so they stand in the order in which they came.
 *
 * @module
 */

import type { Arena } from "../arena.ts";

const FRAMES = 2048;
const FRAME_MAX = 192; // octets of link, IP and TCP header
const WAIT_MS = 250;

/** Octets of the arena that waiting frames take. */
export const LATE_MEMORY: number = FRAMES * FRAME_MAX;

/** A bounded queue of frames. */
export class LateFrames {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #firstAt: number;
  readonly #lengths = new Int32Array(FRAMES);
  readonly #tags = new Int32Array(FRAMES);
  readonly #areUnsummed = new Uint8Array(FRAMES);
  readonly #turns = new Uint8Array(FRAMES);
  readonly #due = new Float64Array(FRAMES); // milliseconds since 1970
  #oldest = 0;
  #count = 0;

  /** Frames that found no place. */
  refused = 0;
  /** Offset of the frame that was taken last. */
  at = 0;
  /** Offset one past its last octet. */
  end = 0;
  /** VLAN tag beside it. */
  tag = 0;
  /** Whether its checksums are still to be filled in. */
  isUnsummed = false;
  /** How many times it was taken before. */
  turn = 0;

  /**
   * Makes an empty queue.
   *
   * @param arena Where {@linkcode LATE_MEMORY} octets are taken from.
   */
  constructor(arena: Arena) {
    this.#bytes = arena.bytes;
    this.#firstAt = arena.allocate(LATE_MEMORY);
  }

  /**
   * Keeps a copy of a frame.
   *
   * @param at Offset of its first octet.
   * @param end Offset one past the last that matters.
   * @param tag VLAN tag that came beside it.
   * @param isUnsummed Whether its checksums are still to be filled in.
   * @param now Time, in milliseconds since 1970.
   * @returns Whether there was a place for it.
   */
  put(
    at: number,
    end: number,
    tag: number,
    isUnsummed: boolean,
    now: number,
  ): boolean {
    if (this.#count === FRAMES || end - at > FRAME_MAX) {
      this.refused++;
      return false;
    }
    const slot = (this.#oldest + this.#count++) % FRAMES;
    this.#bytes.copyWithin(this.#atOf(slot), at, end);
    this.#lengths[slot] = end - at;
    this.#tags[slot] = tag;
    this.#areUnsummed[slot] = isUnsummed ? 1 : 0;
    this.#turns[slot] = 0;
    this.#due[slot] = now + WAIT_MS;
    return true;
  }

  /**
   * Puts the frame that was taken last back, to be taken once more.
   *
   * @param now Time, in milliseconds since 1970.
   */
  putBack(now: number): void {
    const { at, end, isUnsummed, tag, turn } = this;
    const slot = (this.#oldest + this.#count) % FRAMES;
    this.put(at, end, tag, isUnsummed, now); // there is room: it was taken
    this.#turns[slot] = turn + 1;
  }

  /**
   * Takes the oldest frame, if its time has come.
   *
   * @param now Time, in milliseconds since 1970.
   * @returns Whether there was one. It stays where it is until the next one is
   * put.
   */
  take(now: number): boolean {
    if (this.#count === 0) return false;
    const slot = this.#oldest;
    if (this.#due[slot]! > now) return false;
    this.#oldest = (slot + 1) % FRAMES;
    this.#count--;
    this.at = this.#atOf(slot);
    this.end = this.at + this.#lengths[slot]!;
    this.tag = this.#tags[slot]!;
    this.isUnsummed = this.#areUnsummed[slot] === 1;
    this.turn = this.#turns[slot]!;
    return true;
  }

  /**
   * Tells how long nothing will be due.
   *
   * @param now Time, in milliseconds since 1970.
   * @returns Milliseconds; infinity if nothing waits.
   */
  dueIn(now: number): number {
    if (this.#count === 0) return Infinity;
    return Math.max(this.#due[this.#oldest]! - now, 0);
  }

  #atOf(slot: number): number {
    return this.#firstAt + slot * FRAME_MAX;
  }
}
