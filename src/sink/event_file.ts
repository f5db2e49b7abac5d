/**
 * The file that events are in.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { EcsEvents } from "./ecs.ts";
import type { EventSink } from "./event_sink.ts";
import { LINES } from "./framing.ts";
import { Lines } from "./lines.ts";
import type { Outputs } from "./outputs.ts";

/** Events, one a line. */
export class EventFile implements EventSink {
  readonly #lines: Lines;

  /** Writes them. */
  readonly listener: EcsEvents;

  /**
   * Opens the file.
   *
   * @param path Its path; `-` is standard output.
   * @param outputs Who takes care of it.
   * @throws {OperatorError} If it cannot be opened.
   */
  constructor(path: string, outputs: Outputs) {
    const lines = new Lines(outputs.open(path, LINES));
    const observer = { name: Deno.hostname(), version: config.version };
    this.#lines = lines;
    this.listener = new EcsEvents(observer, (line) => lines.add(line));
  }

  /** Says what is missing, if something is. */
  tick(now: number): void {
    this.listener.flush(now);
  }

  /** Writes what was gathered. */
  flush(): void {
    this.#lines.flush();
  }

  /** Says what is missing, and writes everything. */
  end(): void {
    this.listener.flush();
    this.flush();
  }
}
