/**
 * The generator's end of the cable: frames out in batches, frames in from a
 * ring, both as the program itself does it.
 *
 * @module
 */

import { FrameRing } from "../../../ffi/frame_ring.ts";
import { FrameSender } from "../../../ffi/frame_sender.ts";
import { findInterface } from "../../../ffi/interface.ts";
import { PacketPort, RING_LEN } from "../../../ffi/packet_port.ts";
import { WallClock } from "../../../ffi/wall_clock.ts";
import { Wakeup } from "../../../ffi/wakeup.ts";
import { Arena } from "../../../src/arena.ts";
import { Outbox } from "../../../src/outbox.ts";
import { compileFilter } from "../../../src/run/filter.ts";
import type { Template } from "../template.ts";

const IFACE = "client0";
// Not the interface's own: its kernel has nothing to do with what comes here.
const MAC = Uint8Array.of(2, 0, 0, 0, 0, 2);
const SLOTS = 64;
const SLOT_LEN = 1536;

/** Takes a frame that came. */
export type Take = (at: number, end: number, frame: number) => void;

/** Both directions of the generator. Declare it with `using`. */
export class LoadPort implements Disposable {
  readonly #owned: DisposableStack;
  readonly #ring: FrameRing;
  readonly #sender: FrameSender;
  readonly #clock = new WallClock();

  /** Memory that frames are in. */
  readonly arena: Arena;
  /** Where frames wait that are to be sent. */
  readonly outbox: Outbox;
  /** Frames that left. */
  sent = 0;

  /** Opens it. */
  constructor() {
    using cleanup = new DisposableStack();
    const { index } = findInterface(IFACE)!;
    const memoryLen = RING_LEN + SLOTS * SLOT_LEN;
    const [port] = PacketPort.open(1, { index, memoryLen, mac: MAC });
    cleanup.use(port!);
    const { lease } = port!;
    this.#ring = new FrameRing(lease, cleanup.use(new Wakeup()).fd);
    this.arena = new Arena(this.#ring.memory, RING_LEN);
    this.outbox = new Outbox(this.arena, SLOTS, SLOT_LEN, (outbox) => {
      this.sent += outbox.count;
      const before = this.#sender.refused;
      this.#sender.send(outbox);
      this.sent -= this.#sender.refused - before;
    });
    this.#sender = new FrameSender(lease.sendFd, this.outbox, lease.address);
    port!.filter(compileFilter(MAC, undefined), false);
    this.#owned = cleanup.move();
  }

  /**
   * Puts a frame where it waits to be sent.
   *
   * @param template The frame.
   * @param client Who sends it.
   * @param seq Sequence number of a segment.
   * @param ack Acknowledgment number of a segment.
   */
  put(template: Template, client: number, seq = 0, ack = 0): void {
    const { arena, outbox } = this;
    const at = outbox.freeAt;
    arena.bytes.set(template.octets, at);
    template.set(arena.view, at, client, seq, ack);
    outbox.push(at + template.octets.length);
  }

  /**
   * Takes what has come.
   *
   * @param take Takes one frame after the other.
   * @param timeout How long to wait if there is none, in milliseconds.
   */
  receive(take: Take, timeout: number): void {
    const ring = this.#ring;
    let block = ring.take();
    if (block < 0 && timeout > 0) {
      ring.wait(timeout);
      block = ring.take();
    }
    for (; block >= 0; block = ring.take()) {
      let frame = ring.firstOf(block);
      for (let left = ring.countOf(block); left > 0; left--) {
        take(ring.atOf(frame), ring.endOf(frame), frame);
        frame = ring.next(frame);
      }
      ring.release(block);
    }
  }

  /**
   * Tells how long ago a moment was when a frame came.
   *
   * @param frame The frame.
   * @param moment The moment, as {@linkcode LoadPort.now} tells it.
   * @returns That, in microseconds.
   */
  elapsed(frame: number, moment: number): number {
    const at = this.#ring.secondsOf(frame) % 1e6 * 1e6 +
      this.#ring.nanosecondsOf(frame) / 1000;
    return at - moment;
  }

  /** Time by the clock that frames are stamped with, in microseconds. */
  now(): number {
    this.#clock.read();
    return this.#clock.seconds % 1e6 * 1e6 + this.#clock.nanoseconds / 1000;
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.#owned.dispose();
  }
}
