/**
 * A clock that nobody can set, clock_gettime(2).
 *
 * @module
 */

import { libc } from "./libc.ts";

const CLOCK_BOOTTIME = 7; // goes on while the machine sleeps

// struct timespec { time_t tv_sec; long tv_nsec; }, 64 bits each, of which the
// low halves are enough.
const timespec = new Uint8Array(16);
const words = new Int32Array(timespec.buffer);

/**
 * Reads the clock, which is the same in all threads.
 *
 * @returns Milliseconds since the machine was started, a whole number.
 */
export function monotonicNow(): number {
  libc.clock_gettime(CLOCK_BOOTTIME, timespec);
  return words[0]! * 1000 + Math.floor(words[2]! / 1_000_000);
}
