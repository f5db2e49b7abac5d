/**
 * The folder that logs of Zeek are in.
 *
 * @module
 */

import type { ZeekOptions } from "../cli/command.ts";
import type { EventSink } from "./event_sink.ts";
import type { Outputs } from "./outputs.ts";
import { CONN, REPORTER, ZeekLogs } from "./zeek.ts";
import { type ZeekFields, ZeekLog } from "./zeek_log.ts";
import { ZeekLogFile } from "./zeek_log_file.ts";

/** All logs. */
export class ZeekFiles implements EventSink {
  readonly #files: readonly ZeekLogFile[];

  /** Writes them. */
  readonly listener: ZeekLogs;

  /**
   * Opens the logs.
   *
   * @param options Where they are, and how they are written.
   * @param outputs Who takes care of them.
   * @throws {OperatorError} If one cannot be opened.
   */
  constructor({ folder, format }: ZeekOptions, outputs: Outputs) {
    const open = (name: string, fields: ZeekFields): ZeekLogFile =>
      new ZeekLogFile(
        `${folder}/${name}.log`,
        new ZeekLog(name, fields, format),
        outputs,
      );
    const conn = open("conn", CONN);
    const reporter = open("reporter", REPORTER);
    this.#files = [conn, reporter];
    this.listener = new ZeekLogs(
      (values) => conn.add(values),
      (values) => reporter.add(values),
    );
  }

  /** Writes what was gathered. */
  flush(): void {
    for (const file of this.#files) file.flush();
  }

  /** Writes what was gathered: there is nothing else to tell. */
  end(): void {
    this.flush();
  }
}
