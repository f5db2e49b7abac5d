/**
 * Lines on their way to an output.
 *
 * @module
 */

import type { Output } from "./output.ts";

/** Lines that are gathered, and written in few pieces. */
export class Lines {
  readonly #output: Output;
  #text = "";

  /**
   * Begins without lines.
   *
   * @param output Where they go.
   */
  constructor(output: Output) {
    this.#output = output;
  }

  /**
   * Gathers lines.
   *
   * @param text Whole lines, with their ends.
   */
  add(text: string): void {
    this.#text += text;
  }

  /** Writes what was gathered. */
  flush(): void {
    if (this.#text !== "") this.#output.writeText(this.#text);
    this.#text = "";
  }
}
