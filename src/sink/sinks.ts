/**
 * Where records go: to the operator and, if asked for, into the packet log and
 * into files about what happened.
 *
 * @module
 */

import { getLogger } from "@logtape/logtape";
import { type Translation, Translations } from "../address/translation.ts";
import type { AnswerOptions } from "../cli/command.ts";
import { Journal } from "../event/journal.ts";
import type { BusySource } from "../event/visits.ts";
import { Witness } from "../event/witness.ts";
import { PROTOCOLS } from "../proto/mod.ts";
import { SCANNERS } from "../scanner/mod.ts";
import { Recogniser } from "../scanner/recogniser.ts";
import { LISTEN, type Listen } from "../record/layout.ts";
import { type AnyRecord, readRecords } from "../record/records.ts";
import { EventFile } from "./event_file.ts";
import type { EventSink } from "./event_sink.ts";
import { LINES } from "./framing.ts";
import { IvreFile } from "./ivre_file.ts";
import {
  type News,
  type Notice,
  noticeOf,
  noticeOfScanner,
} from "./notices.ts";
import type { Outputs } from "./outputs.ts";
import { PacketLogFile } from "./packet_log_file.ts";
import { ZeekFiles } from "./zeek_files.ts";

/** All sinks of the program. */
export class Sinks {
  readonly #logger = getLogger("masscanned");
  readonly #log: PacketLogFile | undefined;
  readonly #files: readonly EventSink[];
  readonly #recogniser = new Recogniser(SCANNERS);
  readonly #witness = new Witness(PROTOCOLS, this.#recogniser);
  readonly #translations = new Translations();
  readonly #journals = new Map<string | undefined, Journal>(); // by interface

  /** What a packet worker has to record for them. */
  readonly listen: Listen;

  /**
   * Opens the sinks that the command line asks for.
   *
   * @param options Its options.
   * @param outputs What they write to.
   */
  constructor(options: AnswerOptions, outputs: Outputs) {
    const { events, format, ivre, quiet, verbosity, zeek } = options;
    const warn = (text: string): void => {
      this.#tell({ level: "warning", text });
    };
    this.#log = quiet || format === undefined
      ? undefined
      : new PacketLogFile(outputs.open("-", LINES), format, (count) => {
        warn(`packet log: ${count} more packets in the same second`);
      });
    const files: EventSink[] = [];
    if (events !== undefined) files.push(new EventFile(events, outputs));
    if (zeek !== undefined) files.push(new ZeekFiles(zeek, outputs));
    if (ivre !== undefined) files.push(new IvreFile(ivre, outputs, warn));
    this.#files = files;
    const news = verbosity > 0 ? LISTEN.drops : LISTEN.answers;
    const lines = this.#log === undefined ? news : LISTEN.everything;
    const tellsEncounters = files.some(({ listener }) => listener.encounter);
    this.listen = (quiet ? LISTEN.nothing : lines) |
      (files.length > 0 ? LISTEN.exchanges : LISTEN.nothing) |
      (tellsEncounters ? LISTEN.handshakes : LISTEN.nothing);
  }

  /**
   * Changes what clients call our addresses, in whatever tells of them.
   *
   * @param list Each address that they call something else.
   */
  setTranslations(list: readonly Translation[]): void {
    this.#translations.replace(list);
  }

  /**
   * Takes records.
   *
   * @param buffer Buffer that they are in; not kept.
   * @param length How many of its octets are records.
   * @param iface Name of the interface that they are from; absent: a capture.
   */
  take(buffer: ArrayBuffer, length: number, iface?: string): void {
    const journal = this.#files.length > 0 ? this.#journalOf(iface) : undefined;
    for (const record of readRecords(buffer, length)) {
      if (record.kind === "frame") this.#log?.take(record, iface !== undefined);
      (journal ?? this.#witness).take(record);
      if (isNews(record)) this.#tellOf(record);
    }
    this.#log?.flush();
    for (const file of this.#files) file.flush();
  }

  /**
   * Lets time pass. To be called every second or so.
   *
   * @param now Time, in milliseconds since 1970.
   */
  tick(now: number): void {
    this.#log?.tick(now);
    for (const journal of this.#journals.values()) journal.tick(now);
    for (const file of this.#files) {
      file.tick?.(now);
      file.flush();
    }
  }

  /**
   * Finds the sources that sent most, if events are asked for.
   *
   * @param count How many at most.
   * @returns The busiest first, as far as they are remembered.
   */
  busiest(count: number): readonly BusySource[] {
    return [...this.#journals.values()]
      .flatMap((journal) => journal.busiest(count))
      .sort((a, b) => b.packetsIn - a.packetsIn)
      .slice(0, count);
  }

  /** Tells everything that there is to tell. */
  end(): void {
    this.#log?.end();
    for (const journal of this.#journals.values()) journal.end();
    for (const file of this.#files) file.end();
  }

  #tellOf(record: News): void {
    this.#tell(noticeOf(record));
    if (record.kind === "more") return;
    for (const scanner of this.#recogniser.takeNews(record.src)) {
      this.#tell(noticeOfScanner(record.src, scanner));
    }
  }

  #tell({ level, text }: Notice): void {
    if (level === "warning") this.#logger.warn("{text}", { text });
    else this.#logger.info("{text}", { text });
  }

  #journalOf(iface: string | undefined): Journal {
    let journal = this.#journals.get(iface);
    if (journal === undefined) {
      journal = new Journal(
        iface,
        PROTOCOLS,
        this.#recogniser,
        this.#files.map(({ listener }) => listener),
        this.#translations,
      );
      this.#journals.set(iface, journal);
    }
    return journal;
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
