/**
 * Adds up what packet workers have counted.
 *
 * @module
 */

import { PROTOCOL_NAMES } from "../proto/mod.ts";
import { VERDICTS } from "../verdict.ts";
import type { Report } from "./messages.ts";

/** What a worker has counted that has not begun. */
export const NOTHING: Report = {
  verdicts: new Float64Array(VERDICTS.length),
  answers: new Float64Array(PROTOCOL_NAMES.length),
  ringDrops: 0,
  sendRefusals: 0,
  recordsDropped: 0,
  greetings: 0,
  greetingsHastened: 0,
  captureDropped: 0,
  heapUsed: 0,
  flows: 0,
  flowsEvicted: 0,
  flowsReclaimed: 0,
  workerDeaths: 0,
};

/**
 * Adds reports up, counter by counter.
 *
 * @param reports What each of several workers has counted.
 * @returns What all of them have.
 */
export function sumOf(reports: readonly Report[]): Report {
  const sum = (pick: (report: Report) => number): number =>
    reports.reduce((sum, report) => sum + pick(report), 0);
  return {
    verdicts: NOTHING.verdicts.map((_, i) =>
      sum(({ verdicts }) => verdicts[i]!)
    ),
    answers: NOTHING.answers.map((_, i) => sum(({ answers }) => answers[i]!)),
    ringDrops: sum(({ ringDrops }) => ringDrops),
    sendRefusals: sum(({ sendRefusals }) => sendRefusals),
    recordsDropped: sum(({ recordsDropped }) => recordsDropped),
    greetings: sum(({ greetings }) => greetings),
    greetingsHastened: sum(({ greetingsHastened }) => greetingsHastened),
    captureDropped: sum(({ captureDropped }) => captureDropped),
    heapUsed: sum(({ heapUsed }) => heapUsed),
    flows: sum(({ flows }) => flows),
    flowsEvicted: sum(({ flowsEvicted }) => flowsEvicted),
    flowsReclaimed: sum(({ flowsReclaimed }) => flowsReclaimed),
    workerDeaths: sum(({ workerDeaths }) => workerDeaths),
  };
}
