/**
 * Tells what was timed: as a table, and as JSON for who compares machines.
 *
 * @module
 */

// deno-lint-ignore-file no-console
import { type Rival, timeInTurn, type Timing } from "./rounds.ts";

/** Rivals and what they are about. */
export interface Contest {
  /** What is compared, for a person. */
  readonly title: string;
  /** Two or more; the first is what the others are compared with. */
  readonly rivals: readonly Rival[];
}

/** What became of a contest. */
export interface Result {
  /** What was compared. */
  readonly title: string;
  /** One a rival. */
  readonly timings: readonly Timing[];
}

/**
 * Holds a contest and prints what came of it.
 *
 * @param contest The contest.
 * @returns The result.
 */
export function hold({ title, rivals }: Contest): Result {
  const timings = timeInTurn(rivals);
  console.log(`\n${title}`);
  for (const { name, nanoseconds, ratio } of timings) {
    const time = `${nanoseconds.toFixed(0)} ns`.padStart(9);
    const rate = Math.round(1e9 / nanoseconds).toLocaleString("en");
    console.log(
      `  ${name.padEnd(34)}${time}${rate.padStart(14)}/s  × ${
        ratio.toFixed(2)
      }`,
    );
  }
  return { title, timings };
}
