/**
 * Sends frames in batches, sendmmsg(2), past the queueing discipline.
 *
 * @module
 */

import { EAGAIN, EINTR } from "./errno.ts";
import { errno, libc } from "./libc.ts";

const MSG_DONTWAIT = 0x40;
const POLLOUT = 4;
const PATIENCE_MS = 2; // that a batch waits until the device has sent some

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

/** Sends frames through the socket of a port that was lent. */
export class FrameSender {
  readonly #fd: number;
  readonly #headers: Uint8Array<ArrayBuffer>;
  readonly #iovecs: DataView<ArrayBuffer>;
  readonly #pollFd: Uint8Array<ArrayBuffer>;

  /** Frames that the kernel did not take. */
  refused = 0;

  /**
   * Prepares to send from slots of memory.
   *
   * @param fd Descriptor of the socket.
   * @param frames The slots.
   * @param address Where the memory is that they are in.
   */
  constructor(fd: number, frames: Frames, address: bigint) {
    this.#fd = fd;
    // struct pollfd { int fd; short events; short revents; }
    const pollFd = new DataView(new ArrayBuffer(8));
    pollFd.setInt32(0, fd, true);
    pollFd.setInt16(4, POLLOUT, true);
    this.#pollFd = new Uint8Array(pollFd.buffer);

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
   * Sends all frames that wait. A device that is behind is given a moment; what
   * the kernel does not take then is counted.
   *
   * @param frames The slots.
   */
  send(frames: Frames): void {
    const { count, ends } = frames;
    for (let i = 0; i < count; i++) {
      const length = ends[i]! - frames.slotAt(i);
      this.#iovecs.setUint32(i * IOVEC_LEN + IOV_LEN, length, true);
    }
    const sent = libc.sendmmsg(this.#fd, this.#headers, count, MSG_DONTWAIT);
    if (sent !== count) this.#sendRest(Math.max(sent, 0), count);
  }

  /** Sends what the kernel did not take at once, from frame `sent` on. */
  #sendRest(sent: number, count: number): void {
    let isPatient = true;
    while (sent < count) {
      const rest = this.#headers.subarray(sent * MMSGHDR_LEN);
      const more = libc.sendmmsg(this.#fd, rest, count - sent, MSG_DONTWAIT);
      if (more > 0) {
        sent += more;
        continue;
      }
      const error = errno();
      if (error === EINTR) continue;
      if (error === EAGAIN && isPatient) {
        isPatient = libc.poll(this.#pollFd, 1, PATIENCE_MS) > 0;
      } else if (error === EAGAIN) {
        this.refused += count - sent; // no room, and none soon
        return;
      } else {
        this.refused++; // the first one: too long, link down
        sent++;
      }
    }
  }
}
