/**
 * What is counted of every flow, for the record that is written when it ends.
 *
 * @module
 */

import {
  type FlowTable,
  PROTOCOL,
  RECORD_WORDS,
  SEED,
  TUPLE,
  TUPLE_COUNT,
} from "./flow_table.ts";

// Numbers of one flow, in the order of its record; times in milliseconds since
// 1970, lengths in octets.
const START = 0;
const END = 1;
const PAYLOAD_IN = 2;
const PAYLOAD_OUT = 3;
const PACKETS_IN = 4;
const PACKETS_OUT = 5;
const PACKETS_IN_LEN = 6;
const PACKETS_OUT_LEN = 7;
const HISTORY = 8;
// Not in the record as they are.
const MAC = 9;
const SAMPLED = 10;
const NUMBERS = 11;

/** Octets of a flow that nobody understood that are kept. */
const SAMPLE_MAX = 4096;

const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;

/**
 * What happened on a flow, in the letters of Zeek: the peer's in upper case. A
 * history is a number of that many digits, the first letter the highest one,
 * each letter once.
 */
export const HISTORY_LETTERS: string = " ShAaDdFfRr";
const BASE = 16;
const SYN_SENT = 1;
const SYN_ACKED = 2;
const ACK = 3;
const DATA = 5;
const ENDED = 7;
const RESET = 9;
const US = 1; // what is added for our side
const BEGUN = SYN_SENT * BASE + SYN_ACKED; // as the cookie proves

/** Where a flow's numbers are; one instance, refilled. */
export class FlowFacts {
  /** Words of the flow table. */
  readonly words: Int32Array;
  /** Numbers of all flows. */
  readonly counts: Float64Array;
  /** Index of the flow's tuple among the words. */
  tupleAt = 0;
  /** Words of one address. */
  addressWords = 0;
  /** Index of the flow's first number. */
  countsAt = 0;
  /** What tells connections between the same ports apart. */
  seed = 0;
  /** Index of the protocol, or a negative number. */
  protocol = 0;
  /** First two octets of the peer's hardware address. */
  macHigh = 0;
  /** Last four octets of the peer's hardware address, as an int32. */
  macLow = 0;

  /**
   * Makes facts about nothing.
   *
   * @param words Words of the flow table.
   * @param counts Numbers of all flows.
   */
  constructor(words: Int32Array, counts: Float64Array) {
    this.words = words;
    this.counts = counts;
  }
}

/** Takes what was counted of a flow that is over, and why it is. */
export type OnFlow = (why: number, facts: FlowFacts) => void;

/** Counts what every flow says and hears. Costs nothing if nobody listens. */
export class FlowLedger {
  readonly #flows: FlowTable;
  readonly #onFlow: OnFlow;
  readonly #counts: Float64Array<ArrayBuffer>;
  readonly #facts: FlowFacts;
  readonly #isOn: boolean;
  #now = 0; // by a clock that nobody sets
  #setBy = 0; // milliseconds by which the time of day is ahead of it

  /**
   * Opens a ledger.
   *
   * @param flows Whose flows.
   * @param isOn Whether anybody wants to know.
   * @param onFlow Called when a flow is over.
   */
  constructor(flows: FlowTable, isOn: boolean, onFlow: OnFlow) {
    this.#flows = flows;
    this.#isOn = isOn;
    this.#onFlow = onFlow;
    this.#counts = new Float64Array(isOn ? flows.capacity * NUMBERS : 0);
    this.#facts = new FlowFacts(flows.words, this.#counts);
  }

  /**
   * Lets time pass.
   *
   * @param now Time, in milliseconds since 1970, that never goes back.
   * @param timeOfDay The same as people have it, for what is told of a flow: it
   * lasted as long as it did, even if they set their clocks meanwhile.
   */
  tick(now: number, timeOfDay: number): void {
    this.#now = now;
    this.#setBy = Math.round(timeOfDay - now);
  }

  /**
   * Begins to count a flow.
   *
   * @param flow The flow.
   * @param macHigh First two octets of the peer's hardware address.
   * @param macLow Last four octets of it.
   */
  open(flow: number, macHigh: number, macLow: number): void {
    if (!this.#isOn) return;
    const at = indexOf(flow);
    this.#counts.fill(0, at, at + NUMBERS);
    this.#counts[at + START] = this.#now;
    this.#counts[at + HISTORY] = BEGUN;
    this.#counts[at + MAC] = macHigh * 2 ** 32 + (macLow >>> 0);
  }

  /**
   * Counts a segment of the peer's.
   *
   * @param flow The flow.
   * @param flags Its flags.
   * @param length Its payload, in octets.
   * @param packetLen The packet around it, in octets.
   */
  heard(flow: number, flags: number, length: number, packetLen: number): void {
    if (!this.#isOn) return;
    const at = indexOf(flow);
    this.#counts[at + END] = this.#now;
    this.#counts[at + PAYLOAD_IN]! += length;
    this.#counts[at + PACKETS_IN]!++;
    this.#counts[at + PACKETS_IN_LEN]! += packetLen;
    this.#happened(at, flags, length, 0);
  }

  /**
   * Counts a segment of ours.
   *
   * @param flow The flow.
   * @param flags Its flags.
   * @param length Its payload, in octets.
   * @param packetLen The packet around it, in octets.
   */
  said(flow: number, flags: number, length: number, packetLen: number): void {
    if (!this.#isOn) return;
    const at = indexOf(flow);
    this.#counts[at + PAYLOAD_OUT]! += length;
    this.#counts[at + PACKETS_OUT]!++;
    this.#counts[at + PACKETS_OUT_LEN]! += packetLen;
    this.#happened(at, flags, length, US);
  }

  /**
   * Takes a sample of what nobody understood.
   *
   * @param flow The flow.
   * @param length How many octets there are.
   * @returns How many of them to keep.
   */
  sample(flow: number, length: number): number {
    if (!this.#isOn) return 0;
    const at = indexOf(flow) + SAMPLED;
    const kept = Math.min(length, SAMPLE_MAX - this.#counts[at]!);
    this.#counts[at]! += kept;
    return kept;
  }

  /**
   * Closes the account of a flow that is about to be forgotten.
   *
   * @param flow The flow.
   * @param why Why: see `FORGOTTEN` in `flow_table.ts`.
   */
  close(flow: number, why: number): void {
    if (!this.#isOn) return;
    const facts = this.#facts;
    const { words } = facts;
    const mac = this.#counts[indexOf(flow) + MAC]!;
    this.#counts[indexOf(flow) + START]! += this.#setBy;
    this.#counts[indexOf(flow) + END]! += this.#setBy;
    facts.tupleAt = flow + TUPLE;
    facts.addressWords = (words[flow + TUPLE_COUNT]! - 2) >> 1;
    facts.countsAt = indexOf(flow);
    facts.seed = words[flow + SEED]!;
    facts.protocol = words[flow + PROTOCOL]!;
    facts.macHigh = Math.floor(mac / 2 ** 32);
    facts.macLow = mac | 0;
    this.#onFlow(why, facts);
  }

  #happened(at: number, flags: number, length: number, by: number): void {
    if ((flags & (FIN | SYN | RST)) === 0) {
      this.#remember(at, (length > 0 ? DATA : ACK) + by);
    }
    if ((flags & FIN) !== 0) this.#remember(at, ENDED + by);
    if ((flags & RST) !== 0) this.#remember(at, RESET + by);
  }

  /** Appends a letter to the history, unless it is there. */
  #remember(at: number, letter: number): void {
    const history = this.#counts[at + HISTORY]!;
    let rest = history;
    while (rest >= 1) {
      const next = Math.floor(rest / BASE);
      if (rest - next * BASE === letter) return;
      rest = next;
    }
    this.#counts[at + HISTORY] = history * BASE + letter;
  }
}

/** Index of the first number of a flow. */
function indexOf(flow: number): number {
  return flow / RECORD_WORDS * NUMBERS;
}
