/**
 * What the operator is told of one by one: of each sort a few a second.
 *
 * @module
 */

import { FIRST_DROPPED, FIRST_QUIET, VERDICTS } from "../verdict.ts";
import { LISTEN, type Listen, LISTEN_DROPS } from "./layout.ts";

/** Of each sort of event, this many a second are told one by one. */
const TOLD_A_SECOND = 20;
/** Verdicts, and behind them protocols. */
const SORTS = 512;

/** Counts the news. */
export class News {
  readonly #listen: Listen;
  readonly #told = new Int32Array(SORTS); // [sort] → events in this second

  /**
   * Begins to count.
   *
   * @param listen What is recorded.
   */
  constructor(listen: Listen) {
    this.#listen = listen;
  }

  /** Number of sorts. */
  get sorts(): number {
    return SORTS;
  }

  /**
   * Counts a frame.
   *
   * @param verdict What became of it.
   * @returns Whether the operator is to be told of it.
   */
  ofFrame(verdict: number): boolean {
    if ((this.#listen & LISTEN.answers) === 0) return false;
    if (verdict >= FIRST_QUIET) {
      if (verdict < FIRST_DROPPED || (this.#listen & LISTEN_DROPS) === 0) {
        return false;
      }
    }
    return this.#told[verdict]!++ < TOLD_A_SECOND;
  }

  /**
   * Counts an answered message.
   *
   * @param protocol Index of the protocol.
   * @returns Whether the operator is to be told of it.
   */
  ofMessage(protocol: number): boolean {
    if ((this.#listen & LISTEN.answers) === 0) return false;
    return this.#told[VERDICTS.length + protocol]!++ < TOLD_A_SECOND;
  }

  /**
   * Begins a second anew for one sort.
   *
   * @param sort A verdict, or `VERDICTS.length` plus the index of a protocol.
   * @returns How many of them were not told; negative or 0: all were.
   */
  takeUntold(sort: number): number {
    const untold = this.#told[sort]! - TOLD_A_SECOND;
    this.#told[sort] = 0;
    return untold;
  }
}
