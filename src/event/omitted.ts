/**
 * Counts what is not told one by one, by who did it.
 *
 * @module
 */

const SOURCES_MAX = 20; // that are named

/** What was not told of. */
export interface OmittedCount {
  /** When the last of it came, in milliseconds since 1970. */
  readonly time: number;
  /** Address of who did it; absent: others than were named. */
  readonly src: Uint8Array | undefined;
  /** How many exchanges. */
  readonly count: number;
}

/** Counts of one second. */
export class Omitted {
  readonly #onOmitted: (omitted: OmittedCount) => void;
  readonly #counts = new Map<string, number>();
  #others = 0;
  #time = 0;

  /**
   * Begins to count.
   *
   * @param onOmitted Called for each source, once the second is over.
   */
  constructor(onOmitted: (omitted: OmittedCount) => void) {
    this.#onOmitted = onOmitted;
  }

  /**
   * Counts an exchange.
   *
   * @param src Who did it.
   * @param time When, in milliseconds since 1970.
   */
  add(src: Uint8Array, time: number): void {
    this.tick(time);
    this.#time = time;
    const key = src.toHex();
    const count = this.#counts.get(key);
    if (count === undefined && this.#counts.size >= SOURCES_MAX) this.#others++;
    else this.#counts.set(key, (count ?? 0) + 1);
  }

  /**
   * Lets time pass.
   *
   * @param now Time, in milliseconds since 1970; absent: it is over.
   */
  tick(now = Infinity): void {
    const time = this.#time;
    if (this.#counts.size === 0) return;
    if (Math.floor(now / 1000) === Math.floor(time / 1000)) return;
    for (const [key, count] of this.#counts) {
      this.#onOmitted({ time, src: Uint8Array.fromHex(key), count });
    }
    if (this.#others > 0) {
      this.#onOmitted({ time, src: undefined, count: this.#others });
    }
    this.#counts.clear();
    this.#others = 0;
  }
}
