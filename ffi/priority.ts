/**
 * Which thread comes first when there is more to do than processors can:
 * setpriority(2), to which a thread of Linux is a process.
 *
 * @module
 */

import { libc } from "./libc.ts";

const PRIO_PROCESS = 0;
const THIS_THREAD = 0;
const RLIMIT_NICE = 13;
const DOWN_TO_0 = 20n; // it counts from 20 for 0 to 40 for -20

/**
 * Makes this thread give way to others, and those that it makes from now on.
 *
 * @param nice How much: from 0, not at all, to 19.
 * @returns Whether the system allows it. More than before it always does; less
 * only to who has the right, or has had {@linkcode allowReturn} done.
 */
export function giveWay(nice: number): boolean {
  return libc.setpriority(PRIO_PROCESS, THIS_THREAD, nice) === 0;
}

/**
 * Lets every thread give way less again, down to 0, whoever they become.
 *
 * @returns Whether the system allows it: only to root, mostly.
 */
export function allowReturn(): boolean {
  // struct rlimit { rlim_t rlim_cur, rlim_max; }
  const limit = BigUint64Array.of(DOWN_TO_0, DOWN_TO_0);
  return libc.setrlimit(RLIMIT_NICE, new Uint8Array(limit.buffer)) === 0;
}
