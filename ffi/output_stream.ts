/**
 * Files, pipes and the standard streams, written to without ever waiting for
 * whoever reads them.
 *
 * @module
 */

import { EAGAIN, EINTR, reasonOf } from "./errno.ts";
import { errno, libc } from "./libc.ts";

const O_WRONLY = 1;
const O_CREAT = 0o100;
const O_NOCTTY = 0o400;
const O_APPEND = 0o2000;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const FLAGS = O_WRONLY | O_CREAT | O_NOCTTY | O_APPEND | O_NONBLOCK |
  O_CLOEXEC;
const MODE = 0o640; // what clients typed is nobody's business

const ENXIO = 6;
const EPIPE = 32;

const POLLOUT = 4;
const PIPE_BUF = 4096; // what a pipe that is ready takes at once, pipe(7)

// statx(2): struct statx has the same layout on every machine.
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_LEN = 256;
const STATX_NLINK = 16;
const STATX_MODE = 28;
const STATX_SIZE = 40;
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const S_IFIFO = 0o010000;
const NO_PATH = new Uint8Array(1);

/** A descriptor to write to. Owns it if it opened it. */
export class OutputStream implements Disposable {
  readonly #fd: number;
  readonly #isOwn: boolean;
  readonly #isPipe: boolean;
  readonly #writeMax: number;
  readonly #stat = new DataView(new ArrayBuffer(STATX_LEN));
  readonly #pollFd: Uint8Array<ArrayBuffer>;
  #isOpen = true;

  /** Whether it is a file on a disk, not a pipe or a terminal. */
  readonly isFile: boolean;

  private constructor(fd: number, isOwn: boolean) {
    this.#fd = fd;
    this.#isOwn = isOwn;
    this.#lookAt();
    const type = this.#stat.getUint16(STATX_MODE, true) & S_IFMT;
    this.isFile = type === S_IFREG;
    this.#isPipe = type === S_IFIFO;
    this.#writeMax = isOwn || this.isFile ? Infinity : PIPE_BUF;
    // struct pollfd { int fd; short events; short revents; }
    const view = new DataView(new ArrayBuffer(8));
    view.setInt32(0, fd, true);
    view.setInt16(4, POLLOUT, true);
    this.#pollFd = new Uint8Array(view.buffer);
  }

  /**
   * Takes a stream that the process was started with. Other processes may
   * share it, so that it cannot be made not to block: it is asked before each
   * write whether it is ready.
   *
   * @param fd Its descriptor.
   * @returns The stream, which does not own the descriptor.
   */
  static of(fd: number): OutputStream {
    return new OutputStream(fd, false);
  }

  /**
   * Opens a file or a named pipe to append to; makes the file if there is none.
   *
   * @param path Its path.
   * @returns The stream. The caller owns it.
   * @throws {Deno.errors.WouldBlock} If it is a pipe that nobody reads yet.
   * @throws {Error} If it cannot be opened; the message says why.
   */
  static open(path: string): OutputStream {
    const name = new TextEncoder().encode(`${path}\0`);
    const fd = libc.open(name, FLAGS, MODE);
    if (fd >= 0) return new OutputStream(fd, true);
    if (errno() === ENXIO) {
      throw new Deno.errors.WouldBlock("nobody reads it");
    }
    throw new Error(reasonOf(errno()));
  }

  /** Whether it is a file that was deleted. */
  get isGone(): boolean {
    if (!this.isFile) return false;
    this.#lookAt();
    return this.#stat.getUint32(STATX_NLINK, true) === 0;
  }

  /**
   * Writes some octets.
   *
   * @param octets What to write.
   * @returns How many were written.
   * @throws {Deno.errors.WouldBlock} If there is no room just now.
   * @throws {Deno.errors.BrokenPipe} If nobody reads it any more.
   * @throws {Error} If it failed; the message says why.
   */
  writeSync(octets: Uint8Array): number {
    if (!this.#isOwn && libc.poll(this.#pollFd, 1, 0) === 0) {
      throw new Deno.errors.WouldBlock("nobody reads it");
    }
    const some = octets.subarray(0, this.#writeMax) as Uint8Array<ArrayBuffer>;
    const length = Number(libc.write(this.#fd, some, BigInt(some.length)));
    if (length >= 0) return length;
    switch (errno()) {
      case EAGAIN:
      case EINTR:
        throw new Deno.errors.WouldBlock("nobody reads it");
      case EPIPE:
        throw new Deno.errors.BrokenPipe(reasonOf(EPIPE));
      default:
        throw new Error(reasonOf(errno()));
    }
  }

  /**
   * Cuts off the end of a file.
   *
   * @param length How many octets.
   * @returns Whether they are gone. Never, if it is no file or not ours.
   */
  takeBack(length: number): boolean {
    if (!this.isFile || !this.#isOwn) return false;
    this.#lookAt();
    const size = this.#stat.getBigUint64(STATX_SIZE, true);
    const rest = size < BigInt(length) ? 0n : size - BigInt(length);
    return libc.ftruncate(this.#fd, rest) === 0;
  }

  /**
   * Makes a file or named pipe that was opened somebody else's, if we may.
   *
   * @param uid Number of the user.
   * @param gid Number of the group.
   */
  giveTo(uid: number, gid: number): void {
    if (!this.#isOwn) return;
    if (this.isFile || this.#isPipe) libc.fchown(this.#fd, uid, gid);
  }

  /**
   * Makes a named pipe that nobody reads yet somebody else's, if we may.
   *
   * @param path Its path.
   * @param uid Number of the user.
   * @param gid Number of the group.
   */
  static givePipe(path: string, uid: number, gid: number): void {
    libc.lchown(new TextEncoder().encode(`${path}\0`), uid, gid);
  }

  /** Closes the descriptor, if it is ours. Harmless the second time. */
  close(): void {
    if (this.#isOpen && this.#isOwn) libc.close(this.#fd);
    this.#isOpen = false;
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.close();
  }

  #lookAt(): void {
    const stat = new Uint8Array(this.#stat.buffer);
    libc.statx(this.#fd, NO_PATH, AT_EMPTY_PATH, STATX_BASIC_STATS, stat);
  }
}
