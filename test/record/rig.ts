/**
 * A recorder, to be shown things.
 *
 * @module
 */

import { Translations } from "../../src/address/translation.ts";
import { Arena } from "../../src/arena.ts";
import { linux } from "../../src/persona/linux.ts";
import { Exchange } from "../../src/protocol.ts";
import { FrameFacts } from "../../src/record/facts.ts";
import { BUFFER_LEN, type Listen } from "../../src/record/layout.ts";
import { Recorder } from "../../src/record/recorder.ts";
import { type AnyRecord, readRecords } from "../../src/record/records.ts";
import { KEY_LEN, SipHash } from "../../src/siphash.ts";
import { VERDICT, type VerdictName } from "../../src/verdict.ts";
import { Writer } from "../../src/writer.ts";
/** When all of it is recorded. */
export const NOW = 1_700_000_000_007;

/** A recorder, and all records that it shipped, copied. */
export class Rig {
  readonly arena = new Arena(new ArrayBuffer(8192));
  readonly recorder: Recorder;
  readonly records: AnyRecord[] = [];
  readonly buffers: ArrayBuffer[] = [];

  constructor(level: Listen, buffers = 1, reserve = 0) {
    this.recorder = new Recorder(this.arena.bytes, level, (buffer, length) => {
      this.buffers.push(buffer);
      this.records.push(...readRecords(buffer.slice(0), length));
    }, reserve);
    for (let i = 0; i < buffers; i++) {
      this.recorder.give(new ArrayBuffer(BUFFER_LEN));
    }
    this.recorder.tick(NOW);
  }

  /** Shows the recorder a frame as the stack does. */
  frame(verdict: VerdictName, facts = new FrameFacts()): void {
    if (this.recorder.wantsFrame(VERDICT[verdict], false)) {
      this.recorder.frame(VERDICT[verdict], facts);
    }
  }

  exchange(answerMax = 0): Exchange {
    const exchange = new Exchange(
      this.arena,
      new Writer(this.arena, 0, answerMax),
      linux,
      new SipHash(new Uint8Array(KEY_LEN)),
      new Translations(),
    );
    exchange.listening = true;
    return exchange;
  }

  flush(): readonly AnyRecord[] {
    this.recorder.flush();
    return this.records;
  }
}
