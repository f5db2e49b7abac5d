/**
 * How much memory masscanned holds.
 *
 * @module
 */

import { Exchanges } from "./exchange.ts";
import type { LoadPort } from "./load_port.ts";
import { masscanned, Responder } from "./responder.ts";
import { run } from "./run.ts";

const SESSIONS = 300_000;
const IDLE_MS = 2000; // a ping now and then
const PATIENCE_MS = 50_000; // less than a session may be idle

/** Resident memory, the ring included, in octets. */
export interface Memory {
  /** Of a sensor that has nothing to do. */
  readonly idle: number;
  /** When it has many sessions. */
  readonly busy: number;
  /** How many. */
  readonly sessions: number;
}

/**
 * Measures it.
 *
 * @param port Where frames leave and come.
 */
export async function measureMemory(port: LoadPort): Promise<Memory> {
  await using responder = Responder.start(port, masscanned(""));
  run(port, undefined, IDLE_MS);
  const idle = responder.resident;
  const load = new Exchanges(port, "sessions", true);
  const { answered } = run(port, load, PATIENCE_MS, SESSIONS);
  return { idle, busy: responder.resident, sessions: answered };
}
