/**
 * Counts ports.
 *
 * @module
 */

import type { Counted } from "./conversation.ts";

const FIRST_MAX = 64; // ports that are listed
const PORTS = 65_536;

/**
 * The ports of one transport that a source tried: the first ones in a list,
 * and all of them in a map of bits, if one may be made.
 */
export class PortCounter implements Counted<number> {
  readonly first: number[] = [];
  #map: Uint8Array | undefined;
  count = 0;
  isMinimum = false;

  /** Whether it has a map. */
  get hasMap(): boolean {
    return this.#map !== undefined;
  }

  /**
   * Counts a port.
   *
   * @param port The port.
   * @param mayMap Whether it may take memory for a map.
   */
  add(port: number, mayMap: boolean): void {
    if (this.#map === undefined) {
      if (this.first.includes(port)) return;
      if (this.first.length < FIRST_MAX) {
        this.count = this.first.push(port);
        return;
      }
      if (!mayMap) {
        this.isMinimum = true;
        return;
      }
      this.#map = new Uint8Array(PORTS / 8);
      for (const known of this.first) this.#mark(known);
    }
    if (this.#mark(port)) this.count++;
  }

  /** Marks a port; false if it was marked. */
  #mark(port: number): boolean {
    const bit = 1 << (port & 7);
    if ((this.#map![port >> 3]! & bit) !== 0) return false;
    this.#map![port >> 3]! |= bit;
    return true;
  }
}
