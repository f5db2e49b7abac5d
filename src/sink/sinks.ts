/**
 * Where records go: to the operator and, if asked for, into the packet log.
 *
 * @module
 */

import { getLogger } from "@logtape/logtape";
import type { AnswerOptions } from "../cli/command.ts";
import { LISTEN, type Listen } from "../record/layout.ts";
import { type AnyRecord, readRecords } from "../record/records.ts";
import { LINES } from "./framing.ts";
import { type News, noticeOf } from "./notices.ts";
import type { Output } from "./output.ts";
import type { Outputs } from "./outputs.ts";
import { packetLog, type PacketLogFormat } from "./packet_log.ts";

/** All sinks of the program. */
export class Sinks {
  readonly #logger = getLogger("masscanned");
  readonly #log: Output | undefined;
  readonly #format: PacketLogFormat | undefined;

  /** What a packet worker has to record for them. */
  readonly listen: Listen;

  /**
   * Opens the sinks that the command line asks for.
   *
   * @param options Its options.
   * @param outputs What they write to.
   */
  constructor({ format, quiet, verbosity }: AnswerOptions, outputs: Outputs) {
    this.#format = quiet ? undefined : format;
    this.#log = this.#format && outputs.open("-", LINES);
    const news = verbosity > 0 ? LISTEN.drops : LISTEN.answers;
    this.listen = quiet
      ? LISTEN.nothing
      : format === undefined
      ? news
      : LISTEN.everything;
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
      if (isNews(record)) {
        const { level, text } = noticeOf(record);
        if (level === "warning") this.#logger.warn("{text}", { text });
        else this.#logger.info("{text}", { text });
      }
    }
    if (lines !== "") this.#log?.writeText(lines);
  }
}

/** Whether the operator is to be told of a record. */
function isNews(record: AnyRecord): record is News {
  switch (record.kind) {
    case "more":
      return true;
    case "frame":
    case "message":
      return record.isNews;
    default:
      return false;
  }
}
