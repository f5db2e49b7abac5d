/**
 * An honest client: asks for a page again and again, and takes the time.
 *
 * @module
 */

import { OURS } from "../lab/lab.ts";

const EVERY_MS = 50;
const PATIENCE_MS = 10_000;
const PORT = 8080;
const REQUEST = new TextEncoder().encode(
  `GET / HTTP/1.1\r\nHost: ${OURS}\r\nConnection: close\r\n\r\n`,
);

/** Asks until it is told to stop. */
export class Prober {
  #times: number[] = [];
  #missed = 0;

  /**
   * Begins to ask.
   *
   * @param signal Ends it.
   */
  constructor(signal: AbortSignal) {
    const timer = setInterval(() => this.#ask(), EVERY_MS);
    signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** Returns what came of it since it was asked for last. */
  take(): { pages: number[]; pagesMissed: number } {
    const pages = this.#times.splice(0).sort((a, b) => a - b);
    const pagesMissed = this.#missed;
    this.#missed = 0;
    return { pages, pagesMissed };
  }

  async #ask(): Promise<void> {
    const start = performance.now();
    try {
      using conn = await Deno.connect({ hostname: OURS, port: PORT });
      const timer = setTimeout(() => conn.close(), PATIENCE_MS);
      try {
        await conn.write(REQUEST);
        const page = await new Response(conn.readable).text();
        if (!page.startsWith("HTTP/1.1 401 ")) throw new Error(page);
      } finally {
        clearTimeout(timer);
      }
      this.#times.push(performance.now() - start);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#missed++;
    }
  }
}
