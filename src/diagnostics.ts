/**
 * What the program tells its operator: lines of `WARN - message` on stderr.
 *
 * Whoever has something to tell uses LogTape:
 *
 * ```ts ignore
 * getLogger("masscanned").warn("ARP-Reply to {mac} for IP {ip}", { mac, ip });
 * ```
 *
 * @module
 */

import {
  configureSync,
  disposeSync,
  getTextFormatter,
  type LogLevel,
} from "@logtape/logtape";
import { type LineStream, LineWriter } from "./sink/line_writer.ts";

const CATEGORY = "masscanned";
const LEVELS: readonly LogLevel[] = ["warning", "info", "debug", "trace"];

const format = getTextFormatter({
  timestamp: "none",
  level: (level) => level === "warning" ? "WARN" : level.toUpperCase(),
  value: "bare",
  sanitize: { sgr: "escape", newlines: "escape" },
  format: ({ level, message }) => `${level} - ${message}`,
});

/** How much to tell. */
export interface DiagnosticsOptions {
  /** How often `-v` was given: warnings, then info, debug and trace as well. */
  readonly verbosity: number;
  /** Whether to tell errors only, whatever `verbosity` is. */
  readonly quiet: boolean;
}

/** Diagnostics that are on. */
export interface Diagnostics extends Disposable {
  /** Lines that could not be written. */
  readonly lost: number;
}

/**
 * Turns diagnostics on, for the whole program.
 *
 * @param options How much to tell.
 * @param stream Where to.
 * @returns What turns them off.
 */
export function openDiagnostics(
  { verbosity, quiet }: DiagnosticsOptions,
  stream: LineStream = Deno.stderr,
): Diagnostics {
  const lines = new LineWriter(stream);
  const level = LEVELS[Math.min(verbosity, LEVELS.length - 1)]!;
  configureSync({
    reset: true,
    sinks: { lines: (record) => lines.write(format(record)) },
    loggers: [
      {
        category: CATEGORY,
        lowestLevel: quiet ? "error" : level,
        sinks: ["lines"],
      },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["lines"] },
    ],
  });
  return {
    get lost(): number {
      return lines.lost;
    },
    [Symbol.dispose]: disposeSync,
  };
}
