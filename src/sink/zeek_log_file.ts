/**
 * A log in the format of Zeek, as it is written.
 *
 * @module
 */

import { LINES } from "./framing.ts";
import { Lines } from "./lines.ts";
import type { Outputs } from "./outputs.ts";
import { ZeekFile } from "./zeek_file.ts";
import type { ZeekLog, ZeekValue } from "./zeek_log.ts";

/** Lines, gathered and written in few pieces. */
export class ZeekLogFile {
  readonly #log: ZeekLog;
  readonly #lines: Lines;

  /**
   * Opens a log.
   *
   * @param path Its path; `-` is standard output.
   * @param log How it is written.
   * @param outputs Who takes care of it.
   * @throws {OperatorError} If it cannot be opened.
   */
  constructor(path: string, log: ZeekLog, outputs: Outputs) {
    this.#log = log;
    const file = new ZeekFile(path, outputs.targetOf(path), log);
    this.#lines = new Lines(outputs.openTarget(file, LINES));
  }

  /**
   * Adds a line.
   *
   * @param values Its values.
   */
  add(values: readonly ZeekValue[]): void {
    this.#lines.add(this.#log.line(values));
  }

  /** Writes what was gathered. */
  flush(): void {
    this.#lines.flush();
  }
}
