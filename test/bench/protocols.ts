/**
 * What an HTTP exchange costs, by how many protocols there are to tell apart.
 *
 * @module
 */

import { PROTOCOLS } from "../../src/proto/mod.ts";
import { pattern, type Protocol } from "../../src/protocol.ts";
import { Clients } from "./clients.ts";
import type { Contest } from "./report.ts";

const http = PROTOCOLS.find(({ name }) => name === "http")!;

// As many more as there may be one day, each with eight patterns.
const MORE: readonly Protocol[] = Array.from({ length: 100 }, (_, i) => ({
  ...http,
  name: `more${i}`,
  patterns: Array.from(
    { length: 8 },
    (_, j) => pattern(`"M${i}" .. ${(0x80 + j).toString(16)}`),
  ),
}));

// [name for a person, protocols]
const LISTS: readonly [name: string, protocols: readonly Protocol[]][] = [
  ["HTTP alone", [http]],
  [`all ${PROTOCOLS.length}`, PROTOCOLS],
  [`${PROTOCOLS.length + MORE.length}`, [...PROTOCOLS, ...MORE]],
];

/** Makes the contest. */
export function protocols(): Contest {
  return {
    title: "HTTP exchange, by protocols",
    rivals: LISTS.map(([name, protocols]) => {
      const clients = new Clients({ protocols });
      let client = 0;
      const run = (count: number): void => {
        for (let i = 0; i < count; i++) clients.exchange(client++);
        clients.flush();
      };
      return { name, run };
    }),
  };
}
