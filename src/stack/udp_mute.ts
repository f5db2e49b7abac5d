/**
 * Who is not answered any more over UDP: a source that has had its share, and
 * has never shown that it is there. Whoever opens a TCP connection is.
 *
 * Sources are counted in two rows of counters, each found by another part of a
 * keyed hash. The lower of a source's two counts is at least its own, so that
 * nobody gets more than his share; others' answers may make it less.
 *
 * @module
 */

import { SipHash } from "../siphash.ts";

const SHARE = 200; // answers an hour
const PERIOD_MS = 3_600_000;
const COUNTERS = 65_536; // in a row

/** Counts answers, hour by hour. */
export class UdpMute {
  readonly #hash: SipHash;
  readonly #share: number;
  readonly #rows = [new Uint8Array(COUNTERS), new Uint8Array(COUNTERS)];
  readonly #source: Int32Array<ArrayBuffer> = new Int32Array(2);
  #period = 0;
  #isEmpty = true;

  /**
   * Mutes nobody yet.
   *
   * @param key Key for {@linkcode SipHash}.
   * @param shares Into how many a source's share is divided, of which this is
   * one.
   */
  constructor(key: Uint8Array, shares = 1) {
    this.#hash = new SipHash(key);
    this.#share = Math.ceil(SHARE / shares);
  }

  /**
   * Lets time pass.
   *
   * @param now Time, in milliseconds since 1970.
   */
  tick(now: number): void {
    const period = Math.floor(now / PERIOD_MS);
    if (period === this.#period) return;
    this.#period = period;
    this.#isEmpty = true;
    for (const row of this.#rows) row.fill(0);
  }

  /**
   * Takes an answer out of a source's share.
   *
   * @param view Memory that holds its address.
   * @param at Offset of the first octet.
   * @param addressLen Its length, in octets: 4 or 16. The first 4, or 8, are
   * the source.
   * @returns Whether there was one left; if not, the source is muted.
   */
  spend(view: DataView, at: number, addressLen: number): boolean {
    const [first, second] = this.#rows as [Uint8Array, Uint8Array];
    const i = this.#find(view, at, addressLen);
    const j = this.#hash.high & (COUNTERS - 1);
    if (Math.min(first[i]!, second[j]!) >= this.#share) return false;
    this.#isEmpty = false;
    if (first[i]! < this.#share) first[i]!++;
    if (second[j]! < this.#share) second[j]!++;
    return true;
  }

  /**
   * Gives a source its whole share again, for it has shown that it is there.
   *
   * @param view Memory that holds its address.
   * @param at Offset of the first octet.
   * @param addressLen Its length, in octets: 4 or 16.
   */
  forgive(view: DataView, at: number, addressLen: number): void {
    if (this.#isEmpty) return;
    const i = this.#find(view, at, addressLen);
    this.#rows[0]![i] = 0;
    this.#rows[1]![this.#hash.high & (COUNTERS - 1)] = 0;
  }

  /** Place of a source in the first row; that in the second is in `high`. */
  #find(view: DataView, at: number, addressLen: number): number {
    this.#source[0] = view.getInt32(at);
    this.#source[1] = addressLen === 4 ? 0 : view.getInt32(at + 4);
    return this.#hash.hash(this.#source, 2) & (COUNTERS - 1);
  }
}
