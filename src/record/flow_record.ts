/**
 * How the record of a connection that is over is written.
 *
 * @module
 */

import type { FlowFacts } from "../flow_ledger.ts";
import {
  ADDRESS_LEN,
  BITS,
  DEPTH,
  DST,
  FLOW,
  KIND,
  MAC,
  PROTOCOL,
  SEED,
  SRC,
  SRC_PORT,
  START,
  VLAN,
  WHAT,
} from "./layout.ts";

const IPPROTO_TCP = 6;
const NUMBERS = (MAC - START) / 8;

/**
 * Writes all of a record but its length and time.
 *
 * @param view Where to.
 * @param at Offset of the record.
 * @param why Why the connection is over: see `FORGOTTEN` in `flow_table.ts`.
 * @param facts What was counted of it.
 */
export function writeFlow(
  view: DataView,
  at: number,
  why: number,
  facts: FlowFacts,
): void {
  const { addressWords, counts, countsAt, tupleAt, words } = facts;
  view.setUint8(at + KIND, FLOW);
  view.setUint8(at + WHAT, why);
  view.setUint8(at + DEPTH, facts.protocol);
  view.setUint8(at + ADDRESS_LEN, 4 * addressWords);
  view.setUint8(at + PROTOCOL, IPPROTO_TCP);
  view.setUint8(at + BITS, 0);
  view.setInt32(at + SEED, facts.seed);
  for (let i = 0; i < addressWords; i++) {
    view.setInt32(at + SRC + 4 * i, words[tupleAt + i]!);
    view.setInt32(at + DST + 4 * i, words[tupleAt + addressWords + i]!);
  }
  view.setInt32(at + SRC_PORT, words[tupleAt + 2 * addressWords]!); // both
  view.setInt32(at + VLAN, words[tupleAt + 2 * addressWords + 1]!);
  for (let i = 0; i < NUMBERS; i++) {
    view.setFloat64(at + START + 8 * i, counts[countsAt + i]!);
  }
  view.setUint16(at + MAC, facts.macHigh);
  view.setInt32(at + MAC + 2, facts.macLow);
}
