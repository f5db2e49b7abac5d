/**
 * Ranges of IP addresses, and the index that finds an address among them.
 *
 * The index is a radix tree over sorted, disjoint ranges. A node looks at one
 * octet of the address and has a way on for each of its 256 values; octets that
 * all its ranges share are skipped. Where few ranges remain there is a leaf,
 * and those few are compared one by one. So a look-up costs at most one step
 * per octet of the address and {@linkcode LEAF_LEN} comparisons, however many
 * ranges there are and however they lie.
 *
 * ```text
 *  nodes    … | octet to look at | way for 0x00 | … | way for 0xff | …
 *  bounds   … | first address | last address | …
 *  way      >= 0: offset of the next node; < 0: ~number of a leaf's first range
 * ```
 *
 * @module
 */

/** Consecutive addresses of one family, both ends included. */
export interface AddressRange {
  /** Lowest address: 4 or 16 octets, in network order. */
  readonly first: Uint8Array;
  /** Highest address, of the same family. */
  readonly last: Uint8Array;
}

/** Compiled ranges of one family. Plain data, which a worker can be sent. */
export interface RangeIndex {
  /** The way that every look-up takes first. */
  readonly root: number;
  /** Nodes and maps, one after the other. */
  readonly nodes: Int32Array<ArrayBuffer>;
  /** Both ends of every range, as words whose {@linkcode SIGN} is flipped. */
  readonly bounds: Int32Array<ArrayBuffer>;
}

/** How many ranges a leaf holds at most. */
export const LEAF_LEN = 8;

/** Flipping it in every word makes int32 order the order of addresses. */
export const SIGN = 0x80000000 | 0;

/** Words that 256 bits take, in a map. */
export const BITS_LEN = 8;

const WAYS_LEN = 256;

/**
 * Compiles ranges of one family.
 *
 * @param ranges Ranges in any order; they may overlap.
 * @param len Octets of an address: 4 or 16.
 * @returns The index to look addresses up in.
 */
export function indexRanges(
  ranges: readonly AddressRange[],
  len: number,
): RangeIndex {
  const octets = sortedEnds(ranges, len);
  const nodes: Int32Array[] = [];
  let nodesLen = 0;
  const lowest = new Uint8Array(len);
  const highest = new Uint8Array(len).fill(0xff);
  const root = grow(0, octets.length / len / 2, lowest, highest);
  return { root, nodes: concat(nodes, nodesLen), bounds: toWords(octets) };

  /** Grows the tree over ranges `[at, end)`, which all meet `[from, to]`. */
  function grow(
    at: number,
    end: number,
    from: Uint8Array,
    to: Uint8Array,
  ): number {
    if (end - at <= LEAF_LEN) return ~at;
    if (compare(octets, firstAt(at), from) > 0) from = address(firstAt(at));
    if (compare(octets, lastAt(end - 1), to) < 0) to = address(lastAt(end - 1));
    const depth = from.findIndex((octet, i) => octet !== to[i]);
    const blockFrom = from.slice().fill(0x00, depth);
    const blockTo = from.slice().fill(0xff, depth);
    const bits = mapOf(at, end, depth, blockFrom, blockTo);
    if (bits !== undefined) {
      return add(Int32Array.of(~depth, ...bits, ...toWords(from, to)));
    }
    const ways = new Int32Array(1 + WAYS_LEN).fill(~at);
    ways[0] = depth;
    const node = add(ways);
    let next = at;
    for (let octet = from[depth]!; octet <= to[depth]!; octet++) {
      blockFrom[depth] = blockTo[depth] = octet;
      while (compare(octets, lastAt(at), blockFrom) < 0) at++;
      while (next < end && compare(octets, firstAt(next), blockTo) <= 0) next++;
      ways[1 + octet] = grow(at, next, blockFrom, blockTo);
    }
    return node;
  }

  /** Adds a node; where it is. */
  function add(node: Int32Array): number {
    nodes.push(node);
    nodesLen += node.length;
    return nodesLen - node.length;
  }

  /**
   * A bit for each value that octet `depth` can have between `from` and `to`,
   * if it alone decides what is in ranges `[at, end)`.
   */
  function mapOf(
    at: number,
    end: number,
    depth: number,
    from: Uint8Array,
    to: Uint8Array,
  ): Int32Array | undefined {
    const bits = new Int32Array(BITS_LEN);
    for (let i = at; i < end; i++) {
      const isCutLow = compare(octets, firstAt(i), from) < 0;
      const isCutHigh = compare(octets, lastAt(i), to) > 0;
      const first = isCutLow ? from : address(firstAt(i));
      const last = isCutHigh ? to : address(lastAt(i));
      for (let k = depth + 1; k < len; k++) {
        if (first[k] !== 0x00 || last[k] !== 0xff) return undefined;
      }
      for (let octet = first[depth]!; octet <= last[depth]!; octet++) {
        bits[octet >>> 5]! |= 1 << (octet & 31);
      }
    }
    return bits;
  }

  /** Offset of the first address of range `i`. */
  function firstAt(i: number): number {
    return 2 * i * len;
  }

  /** Offset of the last address of range `i`. */
  function lastAt(i: number): number {
    return (2 * i + 1) * len;
  }

  /** The address at an offset. */
  function address(at: number): Uint8Array {
    return octets.subarray(at, at + len);
  }
}

/**
 * Reads ranges back from an index.
 *
 * @param index Index of one family.
 * @param len Octets of an address: 4 or 16.
 * @returns The same addresses as ascending, disjoint ranges.
 */
export function rangesOf(index: RangeIndex, len: number): AddressRange[] {
  const octets = new Uint8Array(index.bounds.length * 4);
  const view = new DataView(octets.buffer);
  index.bounds.forEach((word, i) => view.setInt32(i * 4, word ^ SIGN));
  return Array.from({ length: octets.length / len / 2 }, (_, i) => {
    const middle = (2 * i + 1) * len;
    return {
      first: octets.subarray(middle - len, middle),
      last: octets.subarray(middle, middle + len),
    };
  });
}

/** Sorts ranges and joins those that overlap or touch: first, last, first, … */
function sortedEnds(
  ranges: readonly AddressRange[],
  len: number,
): Uint8Array<ArrayBuffer> {
  // Hexadecimal numbers of equal length sort as text, and fastest so.
  const sorted = ranges
    .map(({ first, last }) => first.toHex() + last.toHex())
    .sort();
  const ends: string[] = [];
  for (const range of sorted) {
    const first = range.slice(0, 2 * len);
    const last = range.slice(2 * len);
    const previous = ends.at(-1);
    if (previous === undefined || distance(previous, first) > 1n) {
      ends.push(first, last);
    } else if (last > previous) {
      ends[ends.length - 1] = last;
    }
  }
  return Uint8Array.fromHex(ends.join(""));
}

/** How far it is from one hexadecimal number up to another. */
function distance(from: string, to: string): bigint {
  return BigInt(`0x${to}`) - BigInt(`0x${from}`);
}

/** All nodes in one array of `length` words. */
function concat(
  nodes: readonly Int32Array[],
  length: number,
): Int32Array<ArrayBuffer> {
  const all = new Int32Array(length);
  let at = 0;
  for (const node of nodes) {
    all.set(node, at);
    at += node.length;
  }
  return all;
}

/** Addresses as words whose {@linkcode SIGN} is flipped. */
function toWords(...addresses: readonly Uint8Array[]): Int32Array<ArrayBuffer> {
  return Int32Array.from(addresses.flatMap((octets) => {
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    return Array.from(
      { length: octets.length / 4 },
      (_, i) => view.getInt32(i * 4) ^ SIGN,
    );
  }));
}

/** Orders the address at `octets[at]` against another: negative, 0, positive. */
function compare(octets: Uint8Array, at: number, other: Uint8Array): number {
  for (let i = 0; i < other.length; i++) {
    if (octets[at + i] !== other[i]) return octets[at + i]! - other[i]!;
  }
  return 0;
}
