/**
 * Times rivals in turn, round after round, so that whatever else the machine
 * does meanwhile hits all of them alike; and by the time that the processor
 * spent on them, so that what others took of it does not count.
 *
 * @module
 */

import process from "node:process";

const ROUNDS = 41;
const ROUND_MS = 10;

/** Something that can be done over and over. */
export interface Rival {
  /** What it is, for a person. */
  readonly name: string;
  /** Does it `count` times. */
  readonly run: (count: number) => void;
}

/** What became of a rival. */
export interface Timing {
  /** What it is. */
  readonly name: string;
  /** Median time of doing it once, in nanoseconds. */
  readonly nanoseconds: number;
  /** Median of the ratios to the first rival in the same round. */
  readonly ratio: number;
}

/**
 * Times rivals against the first of them.
 *
 * @param rivals Two or more.
 * @returns Their timings, in the same order.
 */
export function timeInTurn(rivals: readonly Rival[]): Timing[] {
  const counts = rivals.map(countFor);
  const rounds = Array.from({ length: ROUNDS }, () => {
    return rivals.map(({ run }, i) => {
      return millisecondsOf(() => run(counts[i]!)) * 1e6 / counts[i]!;
    });
  });
  return rivals.map(({ name }, i) => ({
    name,
    nanoseconds: median(rounds.map((round) => round[i]!)),
    ratio: median(rounds.map((round) => round[i]! / round[0]!)),
  }));
}

/** How often a rival has to be run to take {@linkcode ROUND_MS}; warms it up. */
function countFor({ run }: Rival): number {
  for (let count = 1024;; count *= 2) {
    const took = millisecondsOf(() => run(count));
    if (took >= 8 * ROUND_MS) return Math.ceil(count * ROUND_MS / took);
  }
}

/** Time that the processor spends on something. */
function millisecondsOf(something: () => void): number {
  const start = process.cpuUsage();
  something();
  const { system, user } = process.cpuUsage(start);
  return (system + user) / 1000;
}

/** Value in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
