import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { type AddressRange, AddressSet } from "../../src/address/set.ts";

/** Consecutive addresses as numbers, and the octets of one address. */
type Span = readonly [first: bigint, last: bigint, len: number];

// Few values per octet, so that ranges meet, nest, touch and share octets.
const span = fc.constantFrom(4, 16).chain((len) => {
  const address = fc.array(
    fc.oneof(fc.constantFrom(0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff), fc.nat(255)),
    { minLength: len, maxLength: len },
  ).map((octets) => BigInt(`0x${Uint8Array.from(octets).toHex()}`));
  const near = fc.tuple(address, fc.bigInt(0n, 700n)).map(([a, more]) =>
    [a, min(a + more, (1n << BigInt(8 * len)) - 1n)] as const
  );
  const far = fc.tuple(address, address).map(([a, b]) =>
    a < b ? [a, b] as const : [b, a] as const
  );
  return fc.oneof({ weight: 8, arbitrary: near }, far)
    .map(([first, last]): Span => [first, last, len]);
});

// Neighbours in one block, so that leaves fill up and nodes grow; addresses or
// whole networks, so that one octet may decide.
const crowd = fc.tuple(
  span,
  fc.array(fc.tuple(fc.nat(1200), fc.nat(9)), { maxLength: 99, size: "max" }),
  fc.constantFrom(0n, 8n, 16n),
).map(([[base, , len], pairs, bits]) =>
  pairs.map(([offset, more]): Span => {
    const top = (1n << BigInt(8 * len)) - 1n;
    const ends = [offset, offset + more + 1].map((end) => BigInt(end) << bits);
    const block = base >> bits << bits;
    return [min(block + ends[0]!, top), min(block + ends[1]! - 1n, top), len];
  })
);

const spans = fc.tuple(fc.array(span, { maxLength: 40, size: "max" }), crowd)
  .map((parts) => parts.flat());

Deno.test("AddressSet holds exactly the addresses of its ranges", () => {
  fc.assert(fc.property(spans, span, (list, [stray, , strayLen]) => {
    const set = AddressSet.of(list.map(toRange));
    for (const [address, len] of probes(list, stray, strayLen)) {
      const inside = list.some(([first, last, family]) =>
        family === len && first <= address && address <= last
      );
      strictEqual(has(set, address, len), inside, `${address} of ${len}`);
    }
  }));
});

Deno.test("AddressSet.ranges are ascending, disjoint and not adjacent", () => {
  fc.assert(fc.property(spans, (list) => {
    const { ranges, size } = AddressSet.of(list.map(toRange));
    const merged = ranges.map(toSpan);
    deepStrictEqual(AddressSet.of(ranges).ranges, ranges);
    let count = 0n;
    for (const [i, [first, last, len]] of merged.entries()) {
      count += last - first + 1n;
      const [, before, family] = merged[i - 1] ?? [-2n, -2n, len];
      strictEqual(family === len ? before + 1n < first : family < len, true);
    }
    strictEqual(size, count);
  }));
});

Deno.test("AddressSet made of another's tables is the same set", () => {
  fc.assert(fc.property(spans, (list) => {
    const set = AddressSet.of(list.map(toRange));
    const copy = new AddressSet(structuredClone(set.tables));
    deepStrictEqual(copy.ranges, set.ranges);
    for (const [first, last, len] of list) {
      strictEqual(has(copy, first, len) && has(copy, last, len), true);
    }
  }));
});

// [ranges, size]
const SIZES: readonly [ranges: Span[], size: bigint][] = [
  [[], 0n],
  [[[0n, 0n, 4]], 1n],
  [[[0n, 0xffffffffn, 4]], 1n << 32n],
  [[[0n, (1n << 128n) - 1n, 16]], 1n << 128n],
  [[[0n, 5n, 4], [3n, 9n, 4], [0n, 9n, 16]], 20n],
];

for (const [list, size] of SIZES) {
  Deno.test(`AddressSet.size is ${size} for ${list.length} ranges`, () => {
    const set = AddressSet.of(list.map(toRange));
    strictEqual(set.size, size);
    strictEqual(set.empty, size === 0n);
  });
}

/** The ends of every range, their neighbours, and one address more. */
function* probes(
  list: readonly Span[],
  stray: bigint,
  strayLen: number,
): Generator<[address: bigint, len: number]> {
  yield [stray, strayLen];
  for (const [first, last, len] of list) {
    const middle = (first + last) >> 1n;
    for (const address of [first - 1n, first, middle, last, last + 1n]) {
      if (0n <= address && address >> BigInt(8 * len) === 0n) {
        yield [address, len];
      }
    }
  }
}

/** Looks a number up, as an address of `len` octets. */
function has(set: AddressSet, address: bigint, len: number): boolean {
  if (len === 4) return set.has4(Number(BigInt.asIntN(32, address)));
  const view = new DataView(new ArrayBuffer(24));
  view.setBigUint64(3, address >> 64n);
  view.setBigUint64(11, BigInt.asUintN(64, address));
  return set.has6(view, 3);
}

/** The range that a span is. */
function toRange([first, last, len]: Span): AddressRange {
  const octets = (n: bigint): Uint8Array =>
    Uint8Array.fromHex(n.toString(16).padStart(2 * len, "0"));
  return { first: octets(first), last: octets(last) };
}

/** The span that a range is. */
function toSpan({ first, last }: AddressRange): Span {
  return [
    BigInt(`0x${first.toHex()}`),
    BigInt(`0x${last.toHex()}`),
    first.length,
  ];
}

/** The lower of two numbers. */
function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
