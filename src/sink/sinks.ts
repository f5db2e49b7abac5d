/**
 * Where records go: to the operator and, if asked for, into the packet log.
 *
 * @module
 */

import { getLogger } from "@logtape/logtape";
import type { AnswerOptions } from "../cli/command.ts";
import { LISTEN, type Listen, readRecords } from "../record.ts";
import { type LineStream, LineWriter } from "./line_writer.ts";
import { noticeOf } from "./notices.ts";
import { packetLog, type PacketLogFormat } from "./packet_log.ts";

/** All sinks of the program. */
export class Sinks {
  readonly #logger = getLogger("masscanned");
  readonly #log: LineWriter;
  readonly #format: PacketLogFormat | undefined;

  /** What a packet worker has to record for them. */
  readonly listen: Listen;

  /**
   * Opens the sinks that the command line asks for.
   *
   * @param options Its options.
   * @param stdout Where the packet log goes.
   */
  constructor(
    { format, quiet, verbosity }: AnswerOptions,
    stdout: LineStream = Deno.stdout,
  ) {
    this.#log = new LineWriter(stdout);
    this.#format = quiet ? undefined : format;
    const news = verbosity > 0 ? LISTEN.drops : LISTEN.answers;
    this.listen = quiet
      ? LISTEN.nothing
      : format === undefined
      ? news
      : LISTEN.everything;
  }

  /** Lines of the packet log that could not be written. */
  get lost(): number {
    return this.#log.lost;
  }

  /**
   * Takes records.
   *
   * @param buffer Buffer that they are in; not kept.
   * @param length How many of its octets are records.
   */
  take(buffer: ArrayBuffer, length: number): void {
    let lines = "";
    for (const record of readRecords(buffer, length)) {
      if (this.#format !== undefined && record.kind === "frame") {
        lines += packetLog(record, this.#format);
      }
      if (record.kind === "more" || record.isNews) {
        const { level, text } = noticeOf(record);
        if (level === "warning") this.#logger.warn("{text}", { text });
        else this.#logger.info("{text}", { text });
      }
    }
    if (lines !== "") this.#log.write(lines);
  }
}
