/**
 * A set of IP addresses that every packet is looked up in.
 *
 * @module
 */

import {
  type AddressRange,
  BITS_LEN,
  indexRanges,
  LEAF_LEN,
  type RangeIndex,
  rangesOf,
  SIGN,
} from "./range.ts";

export type { AddressRange } from "./range.ts";

/** What a set is made of. Plain data, which a worker can be sent. */
export interface AddressTables {
  /** IPv4 addresses. */
  readonly ipv4: RangeIndex;
  /** IPv6 addresses; those that map IPv4 are addresses of their own. */
  readonly ipv6: RangeIndex;
}

// Words that a range takes in `RangeIndex.bounds`: its first and last address.
const WORDS4 = 2;
const WORDS6 = 8;

/** An unchanging set of IPv4 and IPv6 addresses. */
export class AddressSet {
  /** What the set is made of; another thread makes the same set from it. */
  readonly tables: AddressTables;
  readonly #root4: number;
  readonly #nodes4: Int32Array;
  readonly #bounds4: Int32Array;
  readonly #root6: number;
  readonly #nodes6: Int32Array;
  readonly #bounds6: Int32Array;

  /**
   * Makes a set from compiled tables; {@linkcode AddressSet.of} compiles them.
   *
   * @param tables Tables of another set.
   */
  constructor(tables: AddressTables) {
    this.tables = tables;
    this.#root4 = tables.ipv4.root;
    this.#nodes4 = tables.ipv4.nodes;
    this.#bounds4 = tables.ipv4.bounds;
    this.#root6 = tables.ipv6.root;
    this.#nodes6 = tables.ipv6.nodes;
    this.#bounds6 = tables.ipv6.bounds;
  }

  /**
   * Makes the set of all addresses in some ranges.
   *
   * @param ranges Ranges in any order; they may overlap.
   * @returns The set.
   */
  static of(ranges: readonly AddressRange[]): AddressSet {
    const index = (len: number): RangeIndex =>
      indexRanges(ranges.filter(({ first }) => first.length === len), len);
    return new AddressSet({ ipv4: index(4), ipv6: index(16) });
  }

  /** Whether there is no address in it. */
  get empty(): boolean {
    return this.#bounds4.length === 0 && this.#bounds6.length === 0;
  }

  /** The same addresses as ascending, disjoint ranges, IPv4 first. */
  get ranges(): readonly AddressRange[] {
    const { ipv4, ipv6 } = this.tables;
    return [...rangesOf(ipv4, 4), ...rangesOf(ipv6, 16)];
  }

  /** How many addresses it has, in `[0, 2^32 + 2^128]`. */
  get size(): bigint {
    const number = (octets: Uint8Array): bigint =>
      BigInt(`0x${octets.toHex()}`);
    return this.ranges.reduce(
      (sum, { first, last }) => sum + number(last) - number(first) + 1n,
      0n,
    );
  }

  /** Whether it has an address, given as 4 or 16 octets. */
  has(address: Uint8Array): boolean {
    const { buffer, byteOffset, length } = address;
    const view = new DataView(buffer, byteOffset, length);
    return length === 4 ? this.has4(view.getInt32(0)) : this.has6(view, 0);
  }

  /**
   * Looks an IPv4 address up.
   *
   * @param address The int32 bit pattern of its four octets.
   * @returns Whether it is in the set.
   */
  has4(address: number): boolean {
    const nodes = this.#nodes4;
    const word = address ^ SIGN;
    let way = this.#root4;
    while (way >= 0) {
      const depth = nodes[way]!;
      if (depth < 0) {
        const boundsAt = way + 1 + BITS_LEN;
        return word >= nodes[boundsAt]! && word <= nodes[boundsAt + 1]! &&
          isSet(nodes, way + 1, address >>> (24 - (~depth << 3)) & 0xff);
      }
      way = nodes[way + 1 + (address >>> (24 - (depth << 3)) & 0xff)]!;
    }
    const bounds = this.#bounds4;
    const from = ~way * WORDS4;
    const end = Math.min(from + LEAF_LEN * WORDS4, bounds.length);
    for (let i = from; i < end; i += WORDS4) {
      if (word <= bounds[i + 1]!) return word >= bounds[i]!;
    }
    return false;
  }

  /**
   * Looks an IPv6 address up.
   *
   * @param view Memory that holds it.
   * @param at Offset of the first of its 16 octets.
   * @returns Whether it is in the set.
   * @throws {RangeError} If the memory ends before it does.
   */
  has6(view: DataView, at: number): boolean {
    const nodes = this.#nodes6;
    let way = this.#root6;
    while (way >= 0) {
      const depth = nodes[way]!;
      if (depth < 0) {
        const boundsAt = way + 1 + BITS_LEN;
        return compare6(view, at, nodes, boundsAt) >= 0 &&
          compare6(view, at, nodes, boundsAt + 4) <= 0 &&
          isSet(nodes, way + 1, view.getUint8(at + ~depth));
      }
      way = nodes[way + 1 + view.getUint8(at + depth)]!;
    }
    const bounds = this.#bounds6;
    const from = ~way * WORDS6;
    const end = Math.min(from + LEAF_LEN * WORDS6, bounds.length);
    for (let i = from; i < end; i += WORDS6) {
      if (compare6(view, at, bounds, i + 4) <= 0) {
        return compare6(view, at, bounds, i) >= 0;
      }
    }
    return false;
  }
}

/** Whether bit `i` of those from word `at` on is set. */
function isSet(words: Int32Array, at: number, i: number): boolean {
  return (words[at + (i >>> 5)]! >>> (i & 31) & 1) !== 0;
}

/** Orders the address at `view[at]` against four flipped words at `i`. */
function compare6(
  view: DataView,
  at: number,
  bounds: Int32Array,
  i: number,
): number {
  for (let k = 0; k < 4; k++) {
    const word = view.getInt32(at + (k << 2)) ^ SIGN;
    const bound = bounds[i + k]!;
    if (word !== bound) return word < bound ? -1 : 1;
  }
  return 0;
}
