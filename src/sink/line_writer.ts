/**
 * Writes lines where somebody may have stopped reading.
 *
 * @module
 */

/** Where lines go. */
export interface LineStream {
  /** Writes some of the octets and returns how many, or throws. */
  writeSync(octets: Uint8Array): number;
}

/** Writes whole lines or, if nobody takes them, none; and never throws. */
export class LineWriter {
  readonly #stream: LineStream;
  readonly #encoder = new TextEncoder();
  #cut = new Uint8Array(); // what is left of a text that was begun

  /** Lines that nothing was written of. */
  lost = 0;

  /**
   * Makes a writer.
   *
   * @param stream Where lines go.
   */
  constructor(stream: LineStream) {
    this.#stream = stream;
  }

  /**
   * Writes a text, unless the one before it is still stuck.
   *
   * @param text Whole lines.
   */
  write(text: string): void {
    this.#cut = this.#push(this.#cut);
    const octets = this.#encoder.encode(text);
    const rest = this.#cut.length > 0 ? octets : this.#push(octets);
    if (rest.length === octets.length) this.lost += text.split("\n").length - 1;
    else this.#cut = rest;
  }

  /** Writes as much as there is room for, and returns the rest. */
  #push(octets: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    try {
      while (octets.length > 0) {
        octets = octets.subarray(this.#stream.writeSync(octets));
      }
    } catch {
      // Closed, full, or nobody reads: there is no other place to tell it.
    }
    return octets;
  }
}
