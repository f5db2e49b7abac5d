/**
 * Where the packet log goes, and how much of it.
 *
 * @module
 */

import type { FrameRecord } from "../record/records.ts";
import { Lines } from "./lines.ts";
import type { Output } from "./output.ts";
import { packetLog, type PacketLogFormat } from "./packet_log.ts";

/**
 * Packets that are logged in a second. A line for each layer is a hundred
 * times as much work as to answer: in a flood nothing else would get done.
 */
const PACKETS_A_SECOND = 10_000;

/** Takes how many packets of one second were only counted. */
export type OnOmitted = (count: number) => void;

/** The packet log, gathered and written in few pieces. */
export class PacketLogFile {
  readonly #lines: Lines;
  readonly #format: PacketLogFormat;
  readonly #onOmitted: OnOmitted;
  #second = 0;
  #packets = 0; // in this second

  /**
   * Begins a log.
   *
   * @param output Where it goes.
   * @param format How it is written.
   * @param onOmitted Called once a second if there were too many packets.
   */
  constructor(output: Output, format: PacketLogFormat, onOmitted: OnOmitted) {
    this.#lines = new Lines(output);
    this.#format = format;
    this.#onOmitted = onOmitted;
  }

  /**
   * Logs a packet.
   *
   * @param record Its record.
   * @param isLive Whether there may be a flood; of a capture all is logged.
   */
  take(record: FrameRecord, isLive: boolean): void {
    this.tick(record.time);
    if (isLive && this.#packets++ >= PACKETS_A_SECOND) return;
    this.#lines.add(packetLog(record, this.#format));
  }

  /**
   * Lets time pass: tells how many packets of the last second were omitted.
   *
   * @param now Time, in milliseconds since 1970.
   */
  tick(now: number): void {
    const second = Math.floor(now / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.end();
  }

  /** Tells how many packets were omitted that were not told of yet. */
  end(): void {
    const omitted = this.#packets - PACKETS_A_SECOND;
    this.#packets = 0;
    if (omitted > 0) this.#onOmitted(omitted);
  }

  /** Writes what was gathered. */
  flush(): void {
    this.#lines.flush();
  }
}
