/**
 * Frames that wait to be sent.
 *
 * @module
 */

import type { Arena } from "./arena.ts";

/** Takes all frames of an outbox away. Must not touch the outbox. */
export type Send = (outbox: Outbox) => void;

/**
 * A row of transmit slots in the arena. A layer writes a frame into the free
 * slot and pushes it; when all slots are full, or at the end of a batch, they
 * are sent together.
 */
export class Outbox {
  readonly #firstAt: number;
  readonly #send: Send;

  /** Octets that one frame may take. */
  readonly slotLen: number;
  /** Number of slots. */
  readonly capacity: number;
  /** End offset of each frame that waits. */
  readonly ends: Int32Array<ArrayBuffer>;
  /** Number of frames that wait. */
  count = 0;

  /**
   * Takes its slots from an arena.
   *
   * @param arena Where to.
   * @param capacity Number of slots.
   * @param slotLen Octets that one frame may take, a multiple of 8.
   * @param send Called whenever the frames are to leave.
   */
  constructor(arena: Arena, capacity: number, slotLen: number, send: Send) {
    this.#firstAt = arena.allocate(capacity * slotLen);
    this.#send = send;
    this.slotLen = slotLen;
    this.capacity = capacity;
    this.ends = new Int32Array(capacity);
  }

  /**
   * Finds a slot.
   *
   * @param index Number of the slot, in `[0, capacity)`.
   * @returns Offset of its first octet.
   */
  slotAt(index: number): number {
    return this.#firstAt + index * this.slotLen;
  }

  /** Offset of the free slot. */
  get freeAt(): number {
    return this.slotAt(this.count);
  }

  /**
   * Queues the frame in the free slot.
   *
   * @param end Offset one past its last octet.
   */
  push(end: number): void {
    this.ends[this.count++] = end;
    if (this.count === this.capacity) this.flush();
  }

  /** Sends all frames that wait. */
  flush(): void {
    if (this.count === 0) return;
    this.#send(this);
    this.count = 0;
  }
}
