import { ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  bitsOf,
  Cookies,
  FORGED,
  mssOf,
  windowScaleOf,
} from "../src/cookie.ts";
import { Tuple } from "../src/tuple.ts";

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i);
const OTHER_KEY = new Uint8Array(16).fill(0xa5);
const SLOT = 65_536;

/** A tuple of some words. */
function tupleOf(words: readonly number[]): Tuple {
  const tuple = new Tuple();
  tuple.words.set(words);
  tuple.count = words.length;
  return tuple;
}

const V4 = [0x0a000001, 0x0a000002, 0x30390050, 0];
const V6 = [1, 2, 3, 4, 5, 6, 7, 8, 0x30390050, 0];

const words = fc.constantFrom(V4, V6);
const int32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });

Deno.test("Cookies.check() reads the bits that make() was given", () => {
  fc.assert(fc.property(words, int32, fc.nat(31), (words, seq, bits) => {
    const cookies = new Cookies(KEY);
    cookies.tick(1e12);
    const cookie = cookies.make(tupleOf(words), seq, bits);
    const { entropy } = cookies;
    strictEqual(cookie, cookie | 0);
    cookies.make(tupleOf(words), seq + 1, bits);
    strictEqual(cookies.check(tupleOf(words), seq, cookie), bits);
    strictEqual(cookies.entropy, entropy);
  }));
});

Deno.test("Cookies.check() refuses a cookie of which anything else has changed", () => {
  const upperBit = fc.integer({ min: 5, max: 31 });
  const anyBit = fc.nat(31);
  fc.assert(
    fc.property(words, int32, upperBit, anyBit, (words, seq, bit, other) => {
      const cookies = new Cookies(KEY);
      cookies.tick(1e12);
      const cookie = cookies.make(tupleOf(words), seq, 7);
      const isRefused = (words: readonly number[], seq: number, it: number) =>
        strictEqual(cookies.check(tupleOf(words), seq, it), FORGED);
      isRefused(words, seq, cookie ^ 1 << bit);
      isRefused(words, seq ^ 1 << other, cookie);
      for (let i = 0; i < words.length; i++) {
        isRefused(words.with(i, words[i]! ^ 1 << other), seq, cookie);
      }
    }),
  );
});

Deno.test("Cookies.make() depends on its key", () => {
  const [one, other] = [new Cookies(KEY), new Cookies(OTHER_KEY)];
  const cookie = one.make(tupleOf(V4), 1, 0);
  strictEqual(other.check(tupleOf(V4), 1, cookie), FORGED);
});

// [milliseconds from make() to check(), whether the cookie is good]
const AGES: readonly [age: number, isGood: boolean][] = [
  [0, true],
  [SLOT, true],
  [2 * SLOT, false],
  [1000 * SLOT, false],
];

for (const [age, isGood] of AGES) {
  Deno.test(`Cookies.check() is ${isGood ? "good" : "FORGED"} after ${age} ms, with any key`, () => {
    for (const [early, late] of [[0, 0], [1, SLOT - 1]] as const) {
      for (const rotatesAt of [-1, 0, 1, 2]) { // slots after make()
        const cookies = new Cookies(KEY);
        const made = 5_000_000 * SLOT + (age === 0 ? early : late);
        cookies.tick(made);
        const cookie = cookies.make(tupleOf(V4), 1, 3);
        if (rotatesAt >= 0 && rotatesAt * SLOT <= age) {
          cookies.tick(made + rotatesAt * SLOT);
          cookies.rotate(OTHER_KEY, made + rotatesAt * SLOT);
        }
        cookies.tick(made + age);
        const bits = cookies.check(tupleOf(V4), 1, cookie);
        strictEqual(bits, isGood ? 3 : FORGED);
      }
    }
  });
}

Deno.test("Cookies.rotate() makes new cookies with the new key", () => {
  const [rotated, fresh] = [new Cookies(KEY), new Cookies(OTHER_KEY)];
  rotated.rotate(OTHER_KEY, 0);
  rotated.tick(2 * SLOT);
  fresh.tick(2 * SLOT);
  strictEqual(
    rotated.make(tupleOf(V4), 1, 0),
    fresh.make(tupleOf(V4), 1, 0),
  );
});

Deno.test("Cookies.make() leaves no two octets of its output the same for long", () => {
  const cookies = new Cookies(KEY);
  const made = new Set<number>();
  for (let seq = 0; seq < 10_000; seq++) {
    made.add(cookies.make(tupleOf(V4), seq, 0) >>> 5);
  }
  // 10,000 of 2^27: a collision or two may happen, 10 do not.
  ok(made.size > 9_990, `${made.size} different cookies`);
});

// [announced, largest payload sent]
const SIZES: readonly [announced: number, sent: number][] = [
  [0, 48],
  [48, 48],
  [264, 48],
  [265, 265],
  [535, 265],
  [536, 536],
  [1219, 536],
  [1220, 1220],
  [1359, 1220],
  [1360, 1360],
  [1400, 1400],
  [1440, 1440],
  [1459, 1440],
  [1460, 1460],
  [65_535, 1460],
];

for (const [announced, sent] of SIZES) {
  Deno.test(`mssOf() is ${sent} for an announced ${announced}`, () => {
    for (let scale = -1; scale <= 14; scale++) {
      strictEqual(mssOf(bitsOf(announced, scale)), sent);
    }
  });
}

// [offered, taken for granted]; never more than was offered
const SCALES: readonly [offered: number, taken: number][] = [
  [-1, -1],
  [0, 0],
  [3, 0],
  [4, 4],
  [6, 4],
  [7, 7],
  [14, 7],
];

for (const [offered, taken] of SCALES) {
  Deno.test(`windowScaleOf() is ${taken} for an offered ${offered}`, () => {
    for (const mss of [0, 536, 1460, 65_535]) {
      strictEqual(windowScaleOf(bitsOf(mss, offered)), taken);
    }
  });
}
