/**
 * Keeps the runtime's debugger shut.
 *
 * @module
 */

import { libc } from "./libc.ts";

const SIGUSR1 = 10; // on every machine that Deno runs on
const SIG_IGN = 1n;

/**
 * Has SIGUSR1 ignored from now on. Half a second after its start, Deno would
 * otherwise take it as an order to open its debugger at 127.0.0.1:9229, where
 * whoever has an account on the machine runs what they like with our
 * privileges. There is no option against it, and a listener of ours is only
 * asked besides.
 */
export function refuseDebugger(): void {
  // Deno registers a signal once in a process: with that done, nothing sets
  // aside what is set here.
  const nothing = (): void => {};
  Deno.addSignalListener("SIGUSR1", nothing);
  libc.signal(SIGUSR1, SIG_IGN);
  Deno.removeSignalListener("SIGUSR1", nothing);
}
