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
import { LINES } from "./sink/framing.ts";
import { Output } from "./sink/output.ts";

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

/**
 * Turns diagnostics on, for the whole program.
 *
 * @param options How much to tell.
 * @param output Where to.
 * @returns What turns them off.
 */
export function openDiagnostics(
  { verbosity, quiet }: DiagnosticsOptions,
  output: Output = new Output(
    { name: "standard error", open: () => Deno.stderr },
    LINES,
  ),
): Disposable {
  const level = LEVELS[Math.min(verbosity, LEVELS.length - 1)]!;
  configureSync({
    reset: true,
    sinks: { lines: (record) => output.writeText(format(record)) },
    loggers: [
      {
        category: CATEGORY,
        lowestLevel: quiet ? "error" : level,
        sinks: ["lines"],
      },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["lines"] },
    ],
  });
  return { [Symbol.dispose]: disposeSync };
}
