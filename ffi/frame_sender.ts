/**
 * Sends frames in batches, sendmmsg(2), past the queueing discipline.
 *
 * @module
 */

import { EINTR } from "./errno.ts";
import { errno, libc } from "./libc.ts";
import {
  bindPacketSocket,
  NO_PROTOCOL,
  openPacketSocket,
  setOption,
  SOL_PACKET,
} from "./packet_socket.ts";

const PACKET_QDISC_BYPASS = 20;
const MSG_DONTWAIT = 0x40;

const MMSGHDR_LEN = 64;
const MSG_IOV = 16; // offset of msg_iov
const MSG_IOVLEN = 24;
const IOVEC_LEN = 16;
const IOV_LEN = 8; // offset of iov_len

/** Frames that wait in slots of memory. */
export interface Frames {
  /** Number of slots. */
  readonly capacity: number;
  /** Number of frames that wait, in the first slots. */
  readonly count: number;
  /** End offset of each frame. */
  readonly ends: Int32Array;
  /** Offset of a slot. */
  slotAt(index: number): number;
}

/**
 * Sends frames on one interface. Owns a descriptor: declare it with `using`.
 */
export class FrameSender implements Disposable {
  readonly #fd: number;
  #headers: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #iovecs = new DataView(new ArrayBuffer(0));
  #isOpen = true;

  /** Frames that the kernel did not take. */
  refused = 0;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Opens a sender that receives nothing.
   *
   * @param index Number of the interface.
   * @returns The sender. The caller owns it.
   * @throws {SystemError} Without `CAP_NET_RAW`.
   */
  static open(index: number): FrameSender {
    using cleanup = new DisposableStack();
    const fd = openPacketSocket();
    cleanup.defer(() => libc.close(fd));
    const yes = Int32Array.of(1).buffer;
    const action = "send past the queue";
    setOption(fd, SOL_PACKET, PACKET_QDISC_BYPASS, yes, action);
    bindPacketSocket(fd, index, NO_PROTOCOL);
    cleanup.move(); // from here on the sender owns the descriptor
    return new FrameSender(fd);
  }

  /**
   * Prepares to send from slots of memory.
   *
   * @param frames The slots.
   * @param address Where the memory is that they are in.
   */
  attach(frames: Frames, address: bigint): void {
    const { capacity } = frames;
    this.#headers = new Uint8Array(capacity * MMSGHDR_LEN);
    this.#iovecs = new DataView(new ArrayBuffer(capacity * IOVEC_LEN));
    const iovecsAddress = BigInt(
      Deno.UnsafePointer.value(
        Deno.UnsafePointer.of(new Uint8Array(this.#iovecs.buffer)),
      ),
    );
    const headers = new DataView(this.#headers.buffer);
    for (let i = 0; i < capacity; i++) {
      const slot = address + BigInt(frames.slotAt(i));
      this.#iovecs.setBigUint64(i * IOVEC_LEN, slot, true);
      const iovec = iovecsAddress + BigInt(i * IOVEC_LEN);
      headers.setBigUint64(i * MMSGHDR_LEN + MSG_IOV, iovec, true);
      headers.setBigUint64(i * MMSGHDR_LEN + MSG_IOVLEN, 1n, true);
    }
  }

  /**
   * Sends all frames that wait. Never blocks: what the kernel does not take is
   * counted.
   *
   * @param frames The slots that were attached.
   */
  send(frames: Frames): void {
    const { count, ends } = frames;
    for (let i = 0; i < count; i++) {
      const length = ends[i]! - frames.slotAt(i);
      this.#iovecs.setUint32(i * IOVEC_LEN + IOV_LEN, length, true);
    }
    let sent = libc.sendmmsg(this.#fd, this.#headers, count, MSG_DONTWAIT);
    if (sent === count) return;
    for (sent = Math.max(sent, 0); sent < count;) {
      const rest = this.#headers.subarray(sent * MMSGHDR_LEN);
      const more = libc.sendmmsg(this.#fd, rest, count - sent, MSG_DONTWAIT);
      if (more > 0) {
        sent += more;
      } else if (errno() !== EINTR) {
        this.refused++; // the first one: no room, too long, link down
        sent++;
      }
    }
  }

  /** Closes the descriptor. Harmless the second time. */
  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    libc.close(this.#fd);
  }
}
