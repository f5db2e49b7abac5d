/**
 * What the program tells its operator: lines of `WARN - message` on stderr.
 *
 * Whoever has something to tell uses LogTape:
 *
 * ```ts ignore
 * getLogger("masscanned").warn("ARP-Reply to {mac} for IP {ip}", { mac, ip });
 * ```
 *
 * Lines that are the same before they are filled in are of one kind. A second
 * has room for {@linkcode LINES_A_SECOND} of a kind; the rest are counted, and
 * the count becomes a line when the next of that kind is due.
 *
 * @module
 */

import {
  configureSync,
  disposeSync,
  type Filter,
  getLogger,
  getTextFormatter,
  getThrottlingFilter,
  type LogLevel,
} from "@logtape/logtape";

/** Lines of one kind that are shown in a second. */
export const LINES_A_SECOND = 20;

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

/** Where lines go. */
export interface LineStream {
  /** Writes some of the octets and returns how many, or throws. */
  writeSync(octets: Uint8Array): number;
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
 * @returns What turns them off, after the last counts.
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
    filters: { throttle: throttle() },
    loggers: [
      {
        category: CATEGORY,
        lowestLevel: quiet ? "error" : level,
        filters: ["throttle"],
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

/** Lets some lines of each kind through and counts the others. */
function throttle(): Filter & Disposable {
  return getThrottlingFilter({
    limit: LINES_A_SECOND,
    windowMs: 1000,
    summary: {
      logger: getLogger(CATEGORY),
      level: ({ lastRecord }) => lastRecord.level,
      message: ({ suppressed, lastRecord }) => {
        const kind = [lastRecord.rawMessage].flat().join("...");
        return `${suppressed} more: ${kind.replace(/[{}]/g, "$&$&")}`;
      },
    },
  });
}

/** Writes lines where somebody may have stopped reading, and never throws. */
class LineWriter {
  /** Lines that nothing was written of. */
  lost = 0;
  readonly #stream: LineStream;
  readonly #encoder = new TextEncoder();
  #cut = new Uint8Array(); // what is left of the line that was begun

  constructor(stream: LineStream) {
    this.#stream = stream;
  }

  /** Writes a line, unless the one before it is still stuck. */
  write(line: string): void {
    this.#cut = this.#push(this.#cut);
    const octets = this.#encoder.encode(line);
    const rest = this.#cut.length > 0 ? octets : this.#push(octets);
    if (rest.length === octets.length) this.lost++;
    else this.#cut = rest;
  }

  /** Writes as much as there is room for, and returns the rest. */
  #push(octets: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    try {
      while (octets.length > 0) {
        octets = octets.subarray(this.#stream.writeSync(octets));
      }
    } catch {
      // Closed, full, or nobody reads: there is no other place to tell it.
    }
    return octets;
  }
}
