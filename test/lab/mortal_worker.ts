/**
 * A packet worker that dies, or hangs, when it is asked for a report.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import type { ToWorker } from "../../src/run/messages.ts";
import "../../src/run/worker.ts";

self.addEventListener("message", (event) => {
  const { data } = event as MessageEvent<ToWorker>;
  if (data.kind !== "report") return;
  while (import.meta.url.endsWith("?hang"));
  throw new Error("killed by a test");
});
