/**
 * What a request costs, by how many flows are remembered at the same time.
 *
 * @module
 */

import { Clients } from "./clients.ts";
import type { Contest } from "./report.ts";
import type { Rival } from "./rounds.ts";
import { GET } from "./template.ts";

const COUNTS = [1, 1000, 100_000, 300_000];

/** Makes the contest. */
export function flows(): Contest {
  return {
    title: "HTTP request on a flow, by flows (each in its turn)",
    rivals: COUNTS.map(rivalOf),
  };
}

/** Requests of `count` clients that stay connected. */
function rivalOf(count: number): Rival {
  const clients = new Clients({});
  const seqs = new Int32Array(count);
  const acks = new Int32Array(count);
  for (let client = 0; client < count; client++) {
    seqs[client] = client + 1;
    acks[client] = clients.syn(client) + 1;
  }
  let client = 0;
  const run = (times: number): void => {
    for (let i = 0; i < times; i++) {
      // In an order in which neighbours in memory do not follow each other.
      client = (client + 7919) % count;
      const seq = seqs[client]!;
      acks[client] = clients.get(client, seq, acks[client]!);
      clients.acknowledge(client, seq + GET.length | 0, acks[client]!);
      seqs[client] = seq + GET.length | 0;
    }
    clients.flush();
  };
  run(count);
  if (clients.flows !== count) throw new Error(`${clients.flows} flows`);
  return { name: `${count.toLocaleString("en")} flows`, run };
}
