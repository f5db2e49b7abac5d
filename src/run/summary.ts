/**
 * What was counted, for a person.
 *
 * @module
 */

import { ipText } from "../address/text.ts";
import type { BusySource } from "../event/visits.ts";
import { PROTOCOL_NAMES } from "../proto/mod.ts";
import type { Output } from "../sink/output.ts";
import {
  FIRST_DROPPED,
  FIRST_QUIET,
  FIRST_UNANSWERED,
  VERDICTS,
} from "../verdict.ts";
import type { Report } from "./messages.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Puts a report into lines: every counter that is not 0, the highest first.
 *
 * @param report What a stack and what is around it counted.
 * @param outputs What was written to.
 * @param elapsed How long that took, in milliseconds.
 * @param sources Who sent most, if that was counted.
 * @returns One line a subject.
 */
export function summaryOf(
  report: Partial<Report>,
  outputs: readonly Output[],
  elapsed: number,
  sources: readonly BusySource[] = [],
): string[] {
  const { answers = [], flows = 0, verdicts = [] } = report;
  const counts = [...verdicts];
  const sum = (from: number, to?: number): number =>
    counts.slice(from, to).reduce((sum, count) => sum + count, 0);
  const some = (from: number, to?: number): string =>
    ranking(VERDICTS.slice(from, to), counts.slice(from, to));
  const losses = {
    "frames that found the ring full": report.ringDrops,
    "frames not taken by the kernel": report.sendRefusals,
    "records dropped": report.recordsDropped,
    "packets left out of the capture": report.captureDropped,
    "workers that died": report.workerDeaths,
    "clients greeted at once": report.greetingsHastened,
    "flows evicted": report.flowsEvicted,
    "flows given up for their buffers": report.flowsReclaimed,
    ...Object.fromEntries(
      outputs.map(({ lost, name, units }) => [`${units} of ${name}`, lost]),
    ),
  };
  const lost = ranking(
    Object.keys(losses),
    Object.values(losses).map((count) => count ?? 0),
  );
  return [
    `in ${duration(elapsed)}: ${number(sum(0))} frames in, ` +
    `${number(sum(0, FIRST_UNANSWERED))} answered, ` +
    `${number(sum(FIRST_DROPPED))} dropped, ` +
    `${number(sum(FIRST_UNANSWERED, FIRST_QUIET))} malformed, ` +
    `${number(sum(FIRST_QUIET, FIRST_DROPPED))} with nothing to answer`,
    `frames answered: ${some(0, FIRST_UNANSWERED)}`,
    `messages answered: ${ranking(PROTOCOL_NAMES, [...answers])}`,
    `frames dropped: ${some(FIRST_DROPPED)}`,
    `frames malformed: ${some(FIRST_UNANSWERED, FIRST_QUIET)}`,
    `frames with nothing to answer: ${some(FIRST_QUIET, FIRST_DROPPED)}`,
    `connections remembered: ${number(flows)}`,
    ...sources.length === 0 ? [] : [
      `busiest sources of late, in packets: ${
        ranking(
          sources.map(({ src }) => ipText(src)),
          sources.map(({ packetsIn }) => packetsIn),
        )
      }`,
    ],
    `lost on our side: ${lost}`,
  ];
}

/** Names of what was counted, the most frequent first. */
function ranking(names: readonly string[], counts: readonly number[]): string {
  return names.map((name, i) => ({ name, count: counts[i] ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .map(({ count, name }) => `${name} ${number(count)}`)
    .join(", ") || "none";
}

function number(count: number): string {
  return count.toLocaleString("en-US");
}

/** A time in its two largest units. */
function duration(milliseconds: number): string {
  const of = (unit: number, per: number, name: string): string =>
    `${number(Math.floor(milliseconds / unit) % per)} ${name}`;
  if (milliseconds >= DAY) {
    return `${of(DAY, Infinity, "d")} ${of(HOUR, 24, "h")}`;
  }
  if (milliseconds >= HOUR) {
    return `${of(HOUR, 24, "h")} ${of(MINUTE, 60, "min")}`;
  }
  if (milliseconds >= MINUTE) {
    return `${of(MINUTE, 60, "min")} ${of(SECOND, 60, "s")}`;
  }
  return of(SECOND, 60, "s");
}
