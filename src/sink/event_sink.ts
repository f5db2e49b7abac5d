/**
 * What writes down what happens.
 *
 * @module
 */

import type { Listener } from "../event/conversation.ts";

/** Files of one kind: events, logs of Zeek, records for IVRE. */
export interface EventSink {
  /** Is told what happens, and gathers lines about it. */
  readonly listener: Listener;
  /**
   * Lets time pass.
   *
   * @param now Time, in milliseconds since 1970.
   */
  tick?(now: number): void;
  /** Writes what was gathered. */
  flush(): void;
  /** Tells what was not told yet, and writes everything. */
  end(): void;
}
