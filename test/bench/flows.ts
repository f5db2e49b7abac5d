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
const CLIENTS = [1, 1000, 100_000, 1_000_000]; // more than are remembered
const LAP = 0x01000000; // between sequence numbers of one client's connections

/** Makes one contest for who stays connected and one for who comes anew. */
export function flows(): Contest[] {
  return [
    {
      title: "HTTP request on a flow, by flows (each in its turn)",
      rivals: COUNTS.map(rivalOf),
    },
    {
      title: "Handshake and HTTP request, by clients (each in its turn)",
      rivals: CLIENTS.map(newcomersOf),
    },
  ];
}

/** Connections that never end of `count` clients. */
function newcomersOf(count: number): Rival {
  const clients = new Clients({});
  let client = 0;
  let isn = 0;
  const run = (times: number): void => {
    for (let i = 0; i < times; i++) {
      client = (client + 7919) % count;
      isn = isn + LAP | 0;
      const seq = isn + client + 1 | 0;
      const ack = clients.syn(client, isn + client | 0) + 1 | 0;
      const next = clients.get(client, seq, ack);
      clients.acknowledge(client, seq + GET.length | 0, next);
    }
    clients.flush();
  };
  run(count);
  return { name: `${count.toLocaleString("en")} clients`, run };
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
