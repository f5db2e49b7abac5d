/**
 * A day on the Internet: mostly SYNs of scanners that go no further, some that
 * do, and what falls off other people's quarrels.
 *
 * @module
 */

import { Exchanges } from "./exchange.ts";
import type { Load } from "./load.ts";
import type { LoadPort } from "./load_port.ts";
import { arp, backscatter, noise, ping, syns } from "./single.ts";

/** Several loads, each as often as it weighs. */
export class Mix implements Load {
  readonly #parts: readonly Load[];
  readonly #silent: ReadonlySet<Load>;
  readonly #turns: readonly Load[];
  #turn = 0;

  readonly name = "mix";
  readonly pace = undefined;
  readonly countsFrames = false;

  /**
   * Makes a load.
   *
   * @param port Where frames leave.
   */
  constructor(port: LoadPort) {
    const silent = [backscatter(port), noise(port)] as const;
    const weights: readonly (readonly [Load, number])[] = [
      [syns(port), 70],
      [new Exchanges(port), 8],
      [ping(port), 6],
      [arp(port), 2],
      [silent[0], 6],
      [silent[1], 8],
    ];
    this.#silent = new Set(silent);
    this.#parts = weights.map(([load]) => load);
    this.#turns = spread(weights);
  }

  /** What was asked and is to be answered. */
  get asked(): number {
    return this.#parts.filter((load) => !this.#silent.has(load))
      .reduce((sum, { asked }) => sum + asked, 0);
  }

  /** What was. */
  get answered(): number {
    return this.#parts.reduce((sum, { answered }) => sum + answered, 0);
  }

  ask(): boolean {
    this.#turn = (this.#turn + 1) % this.#turns.length;
    // Where nobody is left to ask for now, the next is asked.
    return this.#turns[this.#turn]!.ask() || this.#parts[0]!.ask();
  }

  take(at: number, end: number): boolean {
    for (const part of this.#parts) if (part.take(at, end)) return true;
    return false;
  }
}

/** Every load as often as it weighs, as far from itself as can be. */
function spread(weights: readonly (readonly [Load, number])[]): Load[] {
  return weights
    .flatMap(([load, weight]) =>
      Array.from(
        { length: weight },
        (_, i) => [(i + 0.5) / weight, load] as const,
      )
    )
    .toSorted(([a], [b]) => a - b)
    .map(([, load]) => load);
}
