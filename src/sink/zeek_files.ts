/**
 * The folder that logs of Zeek are in.
 *
 * @module
 */

import type { ZeekOptions } from "../cli/command.ts";
import { LINES } from "./framing.ts";
import type { Output } from "./output.ts";
import type { Outputs } from "./outputs.ts";
import { CONN, REPORTER, ZeekLogs } from "./zeek.ts";
import { ZeekFile } from "./zeek_file.ts";
import { type ZeekFields, ZeekLog, type ZeekValue } from "./zeek_log.ts";

/** All logs. */
export class ZeekFiles {
  readonly #files: readonly LogFile[];

  /** Writes them. */
  readonly logs: ZeekLogs;

  /**
   * Opens the logs.
   *
   * @param options Where they are, and how they are written.
   * @param outputs Who takes care of them.
   * @throws {OperatorError} If one cannot be opened.
   */
  constructor(options: ZeekOptions, outputs: Outputs) {
    const conn = new LogFile("conn", CONN, options, outputs);
    const reporter = new LogFile("reporter", REPORTER, options, outputs);
    this.#files = [conn, reporter];
    this.logs = new ZeekLogs(
      (values) => conn.add(values),
      (values) => reporter.add(values),
    );
  }

  /** Writes what was gathered. */
  flush(): void {
    for (const file of this.#files) file.flush();
  }
}

/** Lines, gathered and written in few pieces. */
class LogFile {
  readonly #log: ZeekLog;
  readonly #output: Output;
  #lines = "";

  constructor(
    name: string,
    fields: ZeekFields,
    { folder, format }: ZeekOptions,
    outputs: Outputs,
  ) {
    const path = `${folder}/${name}.log`;
    this.#log = new ZeekLog(name, fields, format);
    const file = new ZeekFile(path, outputs.targetOf(path), this.#log);
    this.#output = outputs.openTarget(file, LINES);
  }

  add(values: readonly ZeekValue[]): void {
    this.#lines += this.#log.line(values);
  }

  flush(): void {
    if (this.#lines !== "") this.#output.writeText(this.#lines);
    this.#lines = "";
  }
}
