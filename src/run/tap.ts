/**
 * Shows the capture what a packet worker receives and sends.
 *
 * @module
 */

import type { FrameRing } from "../../ffi/frame_ring.ts";
import { WallClock } from "../../ffi/wall_clock.ts";
import type { Arena } from "../arena.ts";
import { Capture, CAPTURE_BUFFER_LEN } from "../capture.ts";
import type { Outbox } from "../outbox.ts";
import type { CaptureCounts } from "../sink/capture_sink.ts";

const BUFFERS = 16;

/** Takes blocks to be written, and what was counted since it was told last. */
export type ShipCapture = (
  buffer: ArrayBuffer,
  length: number,
  counts: CaptureCounts,
) => void;

/** The capture of one worker. */
export class Tap {
  readonly #ring: FrameRing;
  readonly #capture: Capture;
  readonly #clock = new WallClock();
  #seen = 0; // as they were told last
  #dropped = 0;
  #ringDrops = 0;

  /**
   * Begins to listen.
   *
   * @param ring Where frames come from.
   * @param arena Memory that they are in.
   * @param iface Number of the interface in the capture.
   * @param countRingDrops Says how many frames found the ring full so far.
   * @param ship Called with buffers that are to be written out.
   */
  constructor(
    ring: FrameRing,
    arena: Arena,
    iface: number,
    countRingDrops: () => number,
    ship: ShipCapture,
  ) {
    this.#ring = ring;
    this.#capture = new Capture(arena, iface, (buffer, length) => {
      const { dropped, seen } = this.#capture;
      const ringDrops = countRingDrops();
      ship(buffer, length, {
        seen: seen - this.#seen,
        dropped: dropped - this.#dropped,
        ringDrops: ringDrops - this.#ringDrops,
      });
      this.#seen = seen;
      this.#dropped = dropped;
      this.#ringDrops = ringDrops;
    });
    for (let i = 0; i < BUFFERS; i++) {
      this.#capture.give(new ArrayBuffer(CAPTURE_BUFFER_LEN));
    }
  }

  /** Whether there is something to ship. */
  get hasPackets(): boolean {
    return this.#capture.hasPackets;
  }

  /** Packets that were left out for want of a buffer. */
  get dropped(): number {
    return this.#capture.dropped;
  }

  /** Takes a buffer back that was written out. */
  give(buffer: ArrayBuffer): void {
    this.#capture.give(buffer);
  }

  /** Ships what has been written. */
  flush(): void {
    this.#capture.flush();
  }

  /** Captures a frame of the ring. */
  received(frame: number): void {
    const ring = this.#ring;
    this.#capture.setTime(ring.secondsOf(frame), ring.nanosecondsOf(frame));
    this.#capture.received(
      ring.atOf(frame),
      ring.endOf(frame),
      ring.lengthOf(frame),
      ring.tagOf(frame),
    );
  }

  /** Captures frames that are about to be sent. */
  sent(outbox: Outbox): void {
    this.#clock.read();
    this.#capture.setTime(this.#clock.seconds, this.#clock.nanoseconds);
    this.#capture.sent(outbox);
  }
}
