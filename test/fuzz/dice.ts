/**
 * Chance that can be repeated.
 *
 * @module
 */

/** Throws a number in `[0, limit)`. */
export type Dice = (limit: number) => number;

/**
 * Makes dice, Marsaglia's xorshift32.
 *
 * @param seed Seed; the same seed, the same throws.
 * @returns The dice.
 */
export function dice(seed: number): Dice {
  // Seeds that follow each other shall not throw alike: MurmurHash3's end.
  let state = seed | 0;
  state = Math.imul(state ^ state >>> 16, 0x85ebca6b);
  state = Math.imul(state ^ state >>> 13, 0xc2b2ae35);
  state = (state ^ state >>> 16) || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** Throws one of some things. */
export function pick<T>(things: readonly T[], random: Dice): T {
  return things[random(things.length)]!;
}
