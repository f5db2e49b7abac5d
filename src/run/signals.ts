/**
 * What the operator can ask for by signal.
 *
 * @module
 */

/** What is done for each signal. */
export interface Orders {
  /** Ends the program: SIGINT, SIGTERM. */
  stop(): void;
  /** Reads files again: SIGHUP. */
  reload(): void;
  /** Says what was counted: SIGUSR2. */
  report(): void;
}

/**
 * Listens to signals.
 *
 * @param orders What is done for each.
 * @returns What ends it.
 */
export function obeySignals(
  { reload, report, stop }: Orders,
): Disposable {
  const listeners = [
    ["SIGINT", stop],
    ["SIGTERM", stop],
    ["SIGHUP", reload],
    ["SIGUSR2", report],
  ] as const;
  for (const [signal, order] of listeners) {
    Deno.addSignalListener(signal, order);
  }
  return {
    [Symbol.dispose](): void {
      for (const [signal, order] of listeners) {
        Deno.removeSignalListener(signal, order);
      }
    },
  };
}
