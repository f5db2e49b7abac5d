/**
 * What must not be torn apart in an output: lines of a text, blocks of a
 * capture.
 *
 * @module
 */

/** Where the units of a stream of octets begin and end. */
export interface Framing {
  /** What several of them are called. */
  readonly units: string;
  /**
   * Counts units.
   *
   * @param octets Whole units.
   * @returns How many.
   */
  countIn(octets: Uint8Array): number;
  /**
   * Finds where the unit begins that is cut at a place.
   *
   * @param octets Whole units.
   * @param at Offset in `[0, octets.length]`.
   * @returns Offset one past the last unit that ends at `at` or before it.
   */
  wholeEnd(octets: Uint8Array, at: number): number;
}

const NEWLINE = 0x0a;

/** Lines, each with its end. */
export const LINES: Framing = {
  units: "lines",
  countIn: (octets) => {
    let count = 0;
    for (let at = -1; (at = octets.indexOf(NEWLINE, at + 1)) >= 0;) count++;
    return count;
  },
  wholeEnd: (octets, at) =>
    at === 0 ? 0 : octets.lastIndexOf(NEWLINE, at - 1) + 1,
};

const BLOCK_LENGTH = 4; // offset of a block's length

/** Blocks of a pcapng capture, one for each packet. */
export const BLOCKS: Framing = {
  units: "packets",
  countIn: (octets) => {
    let count = 0;
    for (const _ of blockEnds(octets)) count++;
    return count;
  },
  wholeEnd: (octets, at) => {
    let whole = 0;
    for (const end of blockEnds(octets)) {
      if (end > at) break;
      whole = end;
    }
    return whole;
  },
};

/** Offset one past each whole block. */
function* blockEnds(octets: Uint8Array): Generator<number> {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  for (let at = 0; at < octets.length;) {
    at += view.getUint32(at + BLOCK_LENGTH, true);
    yield at;
  }
}
