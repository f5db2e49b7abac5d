/**
 * The file that records of IVRE are in.
 *
 * @module
 */

import type { EventSink } from "./event_sink.ts";
import type { Outputs } from "./outputs.ts";
import { IvreRecords, PASSIVE_RECON } from "./ivre.ts";
import { ZeekLog } from "./zeek_log.ts";
import { ZeekLogFile } from "./zeek_log_file.ts";

/** Records, in columns: IVRE reads no others. */
export class IvreFile implements EventSink {
  readonly #file: ZeekLogFile;

  /** Writes them. */
  readonly listener: IvreRecords;

  /**
   * Opens the file.
   *
   * @param path Its path; `-` is standard output.
   * @param outputs Who takes care of it.
   * @param say Tells the operator what is missing in it.
   * @throws {OperatorError} If it cannot be opened.
   */
  constructor(path: string, outputs: Outputs, say: (text: string) => void) {
    const log = new ZeekLog("passive_recon", PASSIVE_RECON, "tsv");
    const file = new ZeekLogFile(path, log, outputs);
    this.#file = file;
    this.listener = new IvreRecords((values) => file.add(values), say);
  }

  /** Writes what was gathered, and says what is missing. */
  end(): void {
    this.#file.flush();
    this.listener.end();
  }

  /** Writes what was gathered. */
  flush(): void {
    this.#file.flush();
  }
}
