/**
 * Wakes a thread that waits in poll(2), eventfd(2).
 *
 * @module
 */

import { check } from "./errno.ts";
import { libc } from "./libc.ts";

const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;

/**
 * A counter that one thread adds to and another waits for. The descriptor is
 * the process's, so another thread makes its end from the number; whoever made
 * the first end declares it with `using`.
 */
export class Wakeup implements Disposable {
  readonly #cell = new BigUint64Array(1);
  readonly #octets = new Uint8Array(this.#cell.buffer);
  #isOpen = true;

  /** File descriptor, readable while the counter is not 0. */
  readonly fd: number;

  /**
   * Makes one end.
   *
   * @param fd Descriptor of the other end; a new one if absent.
   * @throws {SystemError} If there are too many open files.
   */
  constructor(fd?: number) {
    this.fd = fd ??
      check(libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "make an event");
  }

  /** Adds one, unless both ends are closed. */
  signal(): void {
    if (!this.#isOpen) return;
    this.#cell[0] = 1n;
    libc.write(this.fd, this.#octets, 8n);
  }

  /**
   * Takes all there is.
   *
   * @returns How often it was signalled since the last call.
   */
  take(): number {
    const got = Number(libc.read(this.fd, this.#octets, 8n));
    return got === 8 ? Number(this.#cell[0]) : 0;
  }

  /** Closes both ends. Harmless the second time. */
  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    libc.close(this.fd);
  }
}
