/**
 * Standard output and error, without ever waiting long for whoever reads them.
 *
 * @module
 */

import { libc } from "./libc.ts";

const POLLOUT = 4;
const PIPE_BUF = 4096; // what a pipe that is ready takes at once, pipe(7)
const PATIENCE_MS = 100;

/** A stream of the process's. */
export interface Stream {
  /** Writes some octets, and returns how many. */
  writeSync(octets: Uint8Array): number;
}

/** Writes to a descriptor that may be a pipe that nobody reads. */
export class ReadyStream {
  readonly #stream: Stream;
  readonly #pollFd: Uint8Array<ArrayBuffer>;

  /**
   * Takes a stream.
   *
   * @param stream The stream.
   * @param fd Its descriptor.
   */
  constructor(stream: Stream, fd: number) {
    this.#stream = stream;
    // struct pollfd { int fd; short events; short revents; }
    const view = new DataView(new ArrayBuffer(8));
    view.setInt32(0, fd, true);
    view.setInt16(4, POLLOUT, true);
    this.#pollFd = new Uint8Array(view.buffer);
  }

  /**
   * Writes some octets.
   *
   * @param octets What to write.
   * @returns How many were written.
   * @throws {Deno.errors.WouldBlock} If the reader did not make room in time.
   */
  writeSync(octets: Uint8Array): number {
    if (libc.poll(this.#pollFd, 1, PATIENCE_MS) === 0) {
      throw new Deno.errors.WouldBlock("Cannot write: nobody reads");
    }
    return this.#stream.writeSync(octets.subarray(0, PIPE_BUF));
  }
}
