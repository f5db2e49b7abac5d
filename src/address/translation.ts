/**
 * Addresses that are translated on the way to us: what a packet was sent to,
 * and what we find in it.
 *
 * ```text
 *  words, of one family   | inner address | outer address | inner address | …
 * ```
 *
 * @module
 */

/** One address that is translated, both ways. Plain data. */
export interface Translation {
  /** The address in packets that come to us: 4 or 16 octets. */
  readonly inner: Uint8Array;
  /** The address that clients use, of the same family. */
  readonly outer: Uint8Array;
}

/** Knows what clients call our addresses. */
export class Translations {
  #words4 = new Int32Array(0);
  #words6 = new Int32Array(0);
  readonly #address = new DataView(new ArrayBuffer(16));

  /**
   * Changes what is translated.
   *
   * @param list Each inner address once.
   */
  replace(list: readonly Translation[]): void {
    this.#words4 = wordsOf(list.filter(({ inner }) => inner.length === 4), 1);
    this.#words6 = wordsOf(list.filter(({ inner }) => inner.length === 16), 4);
  }

  /**
   * Finds the address that clients use for one of ours.
   *
   * @param inner The address in their packets as they come to us.
   * @returns 4 or 16 octets, or `undefined` if it is the same.
   */
  outerOf(inner: Uint8Array): Uint8Array | undefined {
    const view = this.#address;
    const octets = new Uint8Array(view.buffer, 0, inner.length);
    octets.set(inner);
    return this.write(view, 0, inner.length, 0) ? octets.slice() : undefined;
  }

  /**
   * Writes the address that clients use for one of ours.
   *
   * @param view Memory that holds ours.
   * @param at Offset of its first octet.
   * @param length Its length, in octets: 4 or 16.
   * @param outAt Offset to write to.
   * @returns Whether it is another, and was written.
   */
  write(view: DataView, at: number, length: number, outAt: number): boolean {
    const words = length === 4 ? this.#words4 : this.#words6;
    if (words.length === 0) return false;
    const size = length >>> 2;
    let low = 0;
    let high = words.length / (2 * size);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const pair = middle * 2 * size;
      const order = compare(view, at, words, pair, size);
      if (order === 0) {
        for (let k = 0; k < size; k++) {
          view.setInt32(outAt + (k << 2), words[pair + size + k]!);
        }
        return true;
      }
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return false;
  }
}

/** Words of all addresses of one family, ascending by the inner ones. */
function wordsOf(
  list: readonly Translation[],
  size: number,
): Int32Array<ArrayBuffer> {
  const pairs = list.map(({ inner, outer }) =>
    [inner, outer].flatMap(({ buffer, byteOffset, byteLength }) => {
      const view = new DataView(buffer, byteOffset, byteLength);
      return Array.from({ length: size }, (_, k) => view.getInt32(k << 2));
    })
  );
  const order = (one: readonly number[], other: readonly number[]): number => {
    const k = one.findIndex((word, k) => word !== other[k]);
    return one[k]! - other[k]!;
  };
  return Int32Array.from(pairs.sort(order).flat());
}

/** Orders the address at `view[at]` against the words at `i`. */
function compare(
  view: DataView,
  at: number,
  words: Int32Array,
  i: number,
  size: number,
): number {
  for (let k = 0; k < size; k++) {
    const word = view.getInt32(at + (k << 2));
    const other = words[i + k]!;
    if (word !== other) return word < other ? -1 : 1;
  }
  return 0;
}
