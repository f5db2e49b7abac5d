/**
 * What frames cost, by how much is recorded for the sinks. What the sinks do
 * with it is not in it: they run beside.
 *
 * @module
 */

import { LISTEN, type Listen } from "../../src/record/layout.ts";
import { Clients } from "./clients.ts";
import type { Contest } from "./report.ts";

// [name for a person, what is recorded]
const LEVELS: readonly [name: string, listen: Listen][] = [
  ["nothing recorded", LISTEN.nothing],
  ["a few of each sort a second", LISTEN.answers],
  ["every exchange", LISTEN.exchanges],
  ["every frame and exchange", LISTEN.everything | LISTEN.exchanges],
];

/** Makes one contest for SYNs and one for HTTP exchanges. */
export function sinks(): Contest[] {
  return (["syn", "exchange"] as const).map((what) => ({
    title: `${what === "syn" ? "SYN" : "HTTP exchange"}, by what is recorded`,
    rivals: LEVELS.map(([name, listen]) => {
      const clients = new Clients({ listen });
      let client = 0;
      const run = (count: number): void => {
        for (let i = 0; i < count; i++) clients[what](client++);
        clients.flush();
      };
      return { name, run };
    }),
  }));
}
