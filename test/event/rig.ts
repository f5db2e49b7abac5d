/**
 * A stack whose records are put together to events.
 *
 * @module
 */

import { Translations } from "../../src/address/translation.ts";
import { Journal } from "../../src/event/journal.ts";
import type {
  Conversation,
  Listener,
  Visit,
} from "../../src/event/conversation.ts";
import type { OmittedCount } from "../../src/event/omitted.ts";
import { PROTOCOLS } from "../../src/proto/mod.ts";
import { LISTEN } from "../../src/record/layout.ts";
import { readRecords } from "../../src/record/records.ts";
import { SCANNERS } from "../../src/scanner/mod.ts";
import { Recogniser } from "../../src/scanner/recogniser.ts";
import { EcsEvents } from "../../src/sink/ecs.ts";
import { NO_TAG, vlanTag } from "../../src/stack/link.ts";
import {
  type Bench,
  type HarnessOptions,
  makeStack,
  START,
  translationsOf,
} from "../harness.ts";

/** An event, as a reader of its line sees it. */
// deno-lint-ignore no-explicit-any -- whatever JSON holds
export type Event = Record<string, any>;

/** A stack, and everything that it tells. */
export class EventRig {
  readonly #bench: Bench;
  readonly #journal: Journal;
  #sent: Uint8Array<ArrayBuffer>[] = [];

  /** All frames, of either side. */
  readonly frames: Uint8Array[] = [];
  /** Lines of events. */
  readonly lines: string[] = [];
  /** Conversations. */
  readonly conversations: Conversation[] = [];
  /** What was counted of sources. */
  readonly visits: Visit[] = [];
  /** What came to no conversation. */
  readonly encounters: Conversation[] = [];
  /** What was not told one by one. */
  readonly omitted: OmittedCount[] = [];

  /**
   * Makes a stack.
   *
   * @param options How it differs from the usual one.
   */
  constructor(options: HarnessOptions = {}) {
    const recogniser = new Recogniser(SCANNERS);
    const observer = { name: "sensor", version: "1.2.3" };
    const events = new EcsEvents(observer, (line) => this.lines.push(line));
    const translations = new Translations();
    translations.replace(translationsOf(options));
    const listeners: readonly Listener[] = [events, {
      conversation: (it) => this.conversations.push(it),
      visit: (it) => this.visits.push(it),
      encounter: (it) => this.encounters.push(it),
      omitted: (it) => this.omitted.push(it),
    }];
    this.#journal = new Journal(
      "nic0",
      PROTOCOLS,
      recogniser,
      listeners,
      translations,
    );
    this.#bench = makeStack(
      { listen: LISTEN.exchanges, ...options },
      (outbox) => {
        for (let i = 0; i < outbox.count; i++) {
          const { bytes } = this.#bench.arena;
          this.#sent.push(bytes.slice(outbox.slotAt(i), outbox.ends[i]));
        }
      },
      (buffer, length) => {
        for (const record of readRecords(buffer, length)) {
          this.#journal.take(record);
        }
      },
    );
  }

  /** Lets the stack receive a frame, and returns what it sends. */
  receive(frame: Uint8Array, tci?: number): Uint8Array<ArrayBuffer>[] {
    const { arena, outbox, stack } = this.#bench;
    const end = arena.bytes.length;
    const at = end - frame.length;
    arena.bytes.set(frame, at);
    stack.receive(at, end, tci === undefined ? NO_TAG : vlanTag(tci), false);
    outbox.flush();
    this.frames.push(frame, ...this.#sent);
    return this.#sent.splice(0);
  }

  /**
   * Lets time pass: so many milliseconds since the start; somebody may have set
   * the clock to another time of day.
   */
  tick(elapsed: number, timeOfDay = START + elapsed): void {
    this.#bench.stack.tick(START + elapsed, timeOfDay);
    this.#bench.recorder.flush();
    this.#journal.tick(timeOfDay);
  }

  /** Ends the program, and returns all events. */
  end(): Event[] {
    this.#bench.stack.end();
    this.#journal.end();
    return this.events;
  }

  /** All events so far. */
  get events(): Event[] {
    this.#bench.recorder.flush();
    return this.lines.map((line) => JSON.parse(line));
  }
}
