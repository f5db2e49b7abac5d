/**
 * Who gives way when something of fixed number is used up: the source that has
 * most of it. So nobody can push others out, and as long as nobody else wants
 * it, one may have it all.
 *
 * @see {@link https://doi.org/10.1109/INFCOM.1998.665071 | Suter et al., "Design
 * considerations for supporting TCP with per-flow queueing", 1998}: approximated
 * longest queue drop, which remembers the longest instead of looking for it.
 *
 * @module
 */

/** Sources are numbers in `[0, SOURCES)`; who shares one shares its fate. */
export const SOURCES = 65_536;

/** Counts what each source has of something, and in which order it came. */
export class FairShare {
  // By member, and by source. Members are counted from 1 here; 0: none.
  readonly #sources: Uint16Array<ArrayBuffer>;
  readonly #older: Int32Array<ArrayBuffer>;
  readonly #newer: Int32Array<ArrayBuffer>;
  readonly #oldest = new Int32Array(SOURCES);
  readonly #newest = new Int32Array(SOURCES);
  readonly #counts = new Int32Array(SOURCES);
  #greatest = 0; // the source that has most, as far as was seen
  #probed = 0;

  /**
   * Starts with nothing taken.
   *
   * @param members How many there are to take.
   */
  constructor(members: number) {
    this.#sources = new Uint16Array(members + 1);
    this.#older = new Int32Array(members + 1);
    this.#newer = new Int32Array(members + 1);
  }

  /**
   * Notes that a source has taken a member.
   *
   * @param member The member, in `[0, members)`, not taken before.
   * @param source The source.
   */
  take(member: number, source: number): void {
    const it = member + 1;
    const before = this.#newest[source]!;
    this.#sources[it] = source;
    this.#older[it] = before;
    this.#newer[it] = 0;
    if (before === 0) this.#oldest[source] = it;
    else this.#newer[before] = it;
    this.#newest[source] = it;
    this.#counts[source]!++;
    this.#consider(source);
  }

  /**
   * Notes that a member was given back.
   *
   * @param member A member that is taken.
   */
  giveBack(member: number): void {
    const it = member + 1;
    const source = this.#sources[it]!;
    const older = this.#older[it]!;
    const newer = this.#newer[it]!;
    if (older === 0) this.#oldest[source] = newer;
    else this.#newer[older] = newer;
    if (newer === 0) this.#newest[source] = older;
    else this.#older[newer] = older;
    this.#counts[source]!--;
  }

  /**
   * Tells whose a member is.
   *
   * @param member A member that is taken.
   * @returns Its source.
   */
  sourceOf(member: number): number {
    return this.#sources[member + 1]!;
  }

  /**
   * Picks the member that is to be given back when all are taken.
   *
   * @param candidate Who would have to go if all sources had as many.
   * @returns The candidate, if none has more than its source; otherwise what
   * the source that has most took first.
   */
  yielder(candidate: number): number {
    // One source each time, lest one that was overlooked is so for ever.
    this.#probed = (this.#probed + 1) % SOURCES;
    this.#consider(this.#probed);
    const source = this.sourceOf(candidate);
    const most = this.#counts[this.#greatest]!;
    if (this.#counts[source]! < most) return this.#oldest[this.#greatest]! - 1;
    this.#greatest = source;
    return candidate;
  }

  /** Remembers a source if it has more than any other that was seen. */
  #consider(source: number): void {
    if (this.#counts[source]! > this.#counts[this.#greatest]!) {
      this.#greatest = source;
    }
  }
}
