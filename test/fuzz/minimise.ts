/**
 * Makes what fails smaller, for a person to look at: delta debugging.
 *
 * @see {@link https://doi.org/10.1109/32.988498 | Zeller and Hildebrandt,
 * "Simplifying and isolating failure-inducing input", 2002}
 *
 * @module
 */

const PATIENCE_MS = 20_000;

/**
 * Leaves out what is not needed.
 *
 * @param things What fails.
 * @param fails Whether some of them, in the same order, still do.
 * @param until When to be content, as `performance.now()` tells.
 * @returns The fewest that were found to fail.
 */
export function minimise<T>(
  things: readonly T[],
  fails: (some: readonly T[]) => boolean,
  until: number = performance.now() + PATIENCE_MS,
): readonly T[] {
  let parts = 2;
  while (things.length > 1 && parts <= things.length) {
    const size = Math.ceil(things.length / parts);
    let at = 0;
    while (at < things.length) {
      if (performance.now() > until) return things;
      const rest = [...things.slice(0, at), ...things.slice(at + size)];
      if (rest.length > 0 && fails(rest)) things = rest;
      else at += size;
    }
    parts = size === 1 ? Infinity : Math.min(parts * 2, things.length);
  }
  return things;
}
