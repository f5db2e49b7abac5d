/**
 * Writes what makes no sense in part.
 *
 * @module
 */

import type { Stream } from "./output.ts";

/**
 * Writes all octets, or none where that can be undone.
 *
 * @param stream Where to.
 * @param octets The octets.
 * @throws {Error} As the stream does.
 */
export function writeWhole(stream: Stream, octets: Uint8Array): void {
  for (let at = 0; at < octets.length;) {
    try {
      at += stream.writeSync(octets.subarray(at));
    } catch (error) {
      stream.takeBack?.(at);
      throw error;
    }
  }
}
