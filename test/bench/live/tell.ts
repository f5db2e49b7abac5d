/**
 * Tells a person what came of it.
 *
 * @module
 */

// deno-lint-ignore-file no-console

import type { Standing } from "./contest.ts";
import type { Memory } from "./memory.ts";

const IDLE = "idle";

/** Prints a table of who answered what. */
export function tell(standings: readonly Standing[]): void {
  const head = "a second".padStart(11) + "answered".padStart(10) +
    "user + system µs".padStart(19) + "ping µs, p99".padStart(17) +
    "    rate    µs";
  for (const load of new Set(standings.map(({ load }) => load))) {
    console.log(`\n${load.padEnd(30)}${head}`);
    for (const standing of standings) {
      if (standing.load === load) console.log(lineOf(standing));
    }
  }
}

function lineOf(standing: Standing): string {
  const { load, rate, ratio, rival, roundTrip, roundTrip99 } = standing;
  const trip = `${roundTrip.toFixed(0)} ${roundTrip99.toFixed(0)}`.padStart(17);
  const name = `  ${rival.padEnd(28)}`;
  if (load === IDLE) return name + trip.padStart(57);
  const { costRatio, share, system, user, wrong } = standing;
  const times = (ratio: number): string =>
    Number.isNaN(ratio) ? "" : `× ${ratio.toFixed(2)}`;
  const columns = [
    Math.round(rate).toLocaleString("en").padStart(11),
    (Number.isNaN(share) ? "" : `${(100 * share).toFixed(1)} %`).padStart(10),
    (Number.isNaN(user) ? "" : `${user.toFixed(2)} + ${system.toFixed(2)}`)
      .padStart(19),
    trip,
    times(ratio).padStart(8),
    times(costRatio).padStart(8),
    wrong > 0 ? `  ${wrong} WRONG` : "",
  ];
  return name + columns.join("");
}

/** Prints how long it took from the start to the first answer. */
export function tellStart(milliseconds: readonly number[]): void {
  const sorted = milliseconds.toSorted((a, b) => a - b)
    .map((time) => time.toFixed(0));
  console.log(`\nFirst answer after ${sorted.join(", ")} ms`);
}

/** Prints how much memory was held. */
export function tellMemory({ busy, idle, sessions }: Memory): void {
  const count = sessions.toLocaleString("en");
  const [least, most] = [idle, busy].map((octets) => (octets / 1e6).toFixed(0));
  console.log(
    `Resident memory: ${least} MB idle, ${most} MB with ${count} sessions`,
  );
}
