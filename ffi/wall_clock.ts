/**
 * The clock that the kernel stamps frames with, clock_gettime(2).
 *
 * @module
 */

import { libc } from "./libc.ts";

const CLOCK_REALTIME = 0;

/** The time of day, finer than `Date.now()` and read without allocating. */
export class WallClock {
  // struct timespec { time_t tv_sec; long tv_nsec; }, 64 bits each, of which
  // the low halves are enough.
  readonly #octets = new Uint8Array(16);
  readonly #words = new Int32Array(this.#octets.buffer);

  /** Reads the clock. */
  read(): void {
    libc.clock_gettime(CLOCK_REALTIME, this.#octets);
  }

  /** Seconds since 1970 as they were read last, as an int32 bit pattern. */
  get seconds(): number {
    return this.#words[0]!;
  }

  /** Nanoseconds of that second, in `[0, 1e9)`. */
  get nanoseconds(): number {
    return this.#words[2]!;
  }
}
