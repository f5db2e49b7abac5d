/**
 * What was counted, for a person.
 *
 * @module
 */

import type { Output } from "../sink/output.ts";
import {
  FIRST_DROPPED,
  FIRST_QUIET,
  FIRST_UNANSWERED,
  VERDICTS,
} from "../verdict.ts";
import type { Report } from "./messages.ts";

/**
 * Puts a report into lines: every counter that is not 0.
 *
 * @param report What a stack and what is around it counted.
 * @param outputs What was written to.
 * @returns One line a subject.
 */
export function summaryOf(
  report: Partial<Report>,
  outputs: readonly Output[],
): string[] {
  const verdicts = [...report.verdicts ?? []]
    .map((count, number) => ({ count, number, name: VERDICTS[number]! }));
  const sum = (from: number, to?: number): string => {
    const some = verdicts.slice(from, to).filter(({ count }) => count > 0);
    const total = some.reduce((sum, { count }) => sum + count, 0);
    const parts = some.map(({ count, name }) => `${name} ${count}`).join(", ");
    return parts === "" ? "0" : `${total} (${parts})`;
  };
  const lost = Object.entries({
    "ring full": report.ringDrops,
    "not taken by the kernel": report.sendRefusals,
    "records dropped": report.recordsDropped,
    "packets left out of the capture": report.captureDropped,
    "workers that died": report.workerDeaths,
    "clients not greeted": report.greetingsRefused,
    "flows evicted": report.flowsEvicted,
    "flows given up for their buffers": report.flowsReclaimed,
    ...Object.fromEntries(
      outputs.map(({ lost, name, units }) => [`${units} of ${name}`, lost]),
    ),
  }).filter(([, count]) => count).map(([name, count]) => `${name} ${count}`);
  return [
    `frames answered: ${sum(0, FIRST_UNANSWERED)}`,
    `frames with nothing to answer: ${sum(FIRST_QUIET, FIRST_DROPPED)}`,
    `frames dropped: ${sum(FIRST_DROPPED)}`,
    `frames malformed: ${sum(FIRST_UNANSWERED, FIRST_QUIET)}`,
    `lost on our side: ${lost.join(", ") || "0"}`,
  ];
}
