/**
 * Shows what is recorded to whoever recognises scanners by it.
 *
 * @module
 */

import { nameOf } from "../note.ts";
import type { Protocol } from "../protocol.ts";
import type { AnyRecord, MessageRecord } from "../record/records.ts";
import type { Recogniser } from "../scanner/recogniser.ts";
import { PAYLOAD } from "../scanner/scanner.ts";

/** Bears witness. */
export class Witness {
  readonly #protocols: readonly Protocol[];
  readonly #recogniser: Recogniser;
  readonly #latin1 = new TextDecoder("latin1"); // a character an octet

  /**
   * Makes one.
   *
   * @param protocols Protocols, by the index that records have.
   * @param recogniser Who is shown.
   */
  constructor(protocols: readonly Protocol[], recogniser: Recogniser) {
    this.#protocols = protocols;
    this.#recogniser = recogniser;
  }

  /**
   * Takes a record.
   *
   * @param record The record; its octets are not kept.
   */
  take(record: AnyRecord): void {
    if (record.kind === "message") {
      this.#hear(record);
    } else if (record.kind === "frame" && record.packet.length > 0) {
      this.#recogniser.see(record.src, record.packet, record.time);
    }
  }

  #hear({ application, notes, payload, src }: MessageRecord): void {
    for (const [index, octets] of notes) {
      const field = this.#protocols[application]!.fields[index]!;
      this.#tell(src, nameOf(field), octets);
    }
    if (payload.length > 0) this.#tell(src, PAYLOAD, payload);
  }

  #tell(src: Uint8Array, field: string, octets: Uint8Array): void {
    if (!this.#recogniser.fields.has(field)) return;
    this.#recogniser.hear(src, field, this.#latin1.decode(octets));
  }
}
