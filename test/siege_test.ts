import { ok, strictEqual } from "node:assert/strict";
import { NO_TAG } from "../src/stack/link.ts";
import { TCP_BOUNDS } from "../src/stack/tcp_memory.ts";
import { VERDICT } from "../src/verdict.ts";
import { Clients } from "./bench/clients.ts";
import { repair, viewOf } from "./fuzz/packet.ts";
import { type Bench, makeStack } from "./harness.ts";
import { octets } from "./tcp_client.ts";

const SYN = 2;
const PSH_ACK = 24;
const SYNS = 1_000_000;
const WARM_UP = 200_000;
const GET = octets("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
const NOBODYS = octets("zzzz\n"); // takes no buffer
const PART = GET.subarray(0, 9);
const SOME_BIG_ANSWERS = octets("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(40));
const HOSTILE = 0xc633_6401 | 0; // 198.51.100.1
const HONEST = 0xcb00_7100 | 0; // 203.0.113.0/24
const MEGABYTE = 1_048_576;

/** Whoever talks to a stack, under any address. */
class Crowd {
  readonly #bench: Bench;
  #sent = new Uint8Array(); // the frame that the stack sent last

  constructor() {
    this.#bench = makeStack({}, (outbox) => {
      const { bytes } = this.#bench.arena;
      const last = outbox.count - 1;
      this.#sent = bytes.slice(outbox.slotAt(last), outbox.ends[last]);
    });
  }

  get stack(): Bench["stack"] {
    return this.#bench.stack;
  }

  /** Sends a segment, and returns the verdict. */
  send(
    host: number,
    port: number,
    flags: number,
    numbers: readonly [seq: number, ack: number],
    payload: Uint8Array = new Uint8Array(),
    window = 0xffff,
    dstPort = 80,
  ): number {
    const { arena: { bytes }, outbox, stack } = this.#bench;
    const length = 54 + payload.length;
    const at = bytes.length - length;
    const frame = bytes.subarray(at);
    const view = viewOf(frame);
    frame.fill(0, 0, 54);
    frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45]);
    view.setUint16(16, length - 14);
    frame.set([64, 6], 22);
    view.setInt32(26, host);
    frame.set([192, 0, 2, 10], 30);
    view.setUint16(34, port);
    view.setUint16(36, dstPort);
    view.setInt32(38, numbers[0]);
    view.setInt32(42, numbers[1]);
    frame.set([0x50, flags], 46);
    view.setUint16(48, window);
    frame.set(payload, 54);
    repair(frame);
    const verdict = stack.receive(at, bytes.length, NO_TAG, false);
    outbox.flush();
    return verdict;
  }

  /** Shakes hands and sends a first segment. */
  open(
    host: number,
    port: number,
    payload: Uint8Array,
    window?: number,
    dstPort?: number,
  ): { readonly ack: number; readonly verdict: number } {
    const send = (flags: number, seq: number, ack: number, said?: Uint8Array) =>
      this.send(host, port, flags, [seq, ack], said, window, dstPort);
    strictEqual(send(SYN, 0, 0), VERDICT.tcp_syn_ack);
    const ack = viewOf(this.#sent).getInt32(38) + 1 | 0;
    return { ack, verdict: send(PSH_ACK, 1, ack, payload) };
  }
}

/** What hostile clients open as many connections for as they like. */
const FARMS: readonly (readonly [string, Uint8Array, number | undefined])[] = [
  ["opens sessions for ever", NOBODYS, undefined],
  ["begins requests for ever", PART, undefined],
  ["never reads", GET, 0],
  ["asks for the most and reads none of it", SOME_BIG_ANSWERS, 0],
];

for (const [name, payload, window] of FARMS) {
  Deno.test(`Others are served as if alone while a host ${name}`, () => {
    const crowd = new Crowd();
    // They have begun, and are slow to go on.
    const begun = Array.from({ length: 100 }, (_, i) => {
      const host = HONEST + i;
      return { host, ack: crowd.open(host, 1000, PART).ack };
    });
    for (let i = 0; i < 3 * TCP_BOUNDS.buffers; i++) {
      crowd.open(HOSTILE, 1 + i, payload, window);
    }
    for (const { host, ack } of begun) {
      const numbers = [1 + PART.length, ack] as const;
      const rest = GET.subarray(PART.length);
      const verdict = crowd.send(host, 1000, PSH_ACK, numbers, rest);
      strictEqual(verdict, VERDICT.tcp_answer);
      const other = crowd.open(host, 2000, GET);
      strictEqual(other.verdict, VERDICT.tcp_answer);
    }
    ok(crowd.stack.flowCount <= TCP_BOUNDS.flows);
  });
}

Deno.test("A table that one host has filled is everybody else's, too", () => {
  const crowd = new Crowd();
  const { flows } = TCP_BOUNDS;
  const honest = Array.from({ length: 50 }, (_, i) => {
    const host = HONEST + i;
    return { host, ack: crowd.open(host, 1000, NOBODYS).ack };
  });
  // One host, from all its ports, to some of ours.
  for (let i = 0; i < flows + 20_000; i++) {
    crowd.open(HOSTILE, 1 + i % 0xffff, NOBODYS, undefined, 80 + (i >> 16));
  }
  strictEqual(crowd.stack.flowCount, flows);
  for (const { host, ack } of honest) {
    const verdict = crowd.send(
      host,
      1000,
      PSH_ACK,
      [1 + NOBODYS.length, ack],
      GET,
    );
    strictEqual(verdict, VERDICT.tcp_answer);
  }
});

Deno.test(`${SYNS} SYNs from everywhere leave memory where it was`, () => {
  const clients = new Clients({});
  const flood = (from: number, count: number): void => {
    for (let i = from; i < from + count; i++) clients.syn(i);
    clients.flush();
  };
  flood(0, WARM_UP);
  const before = Deno.memoryUsage();
  flood(WARM_UP, SYNS);
  const after = Deno.memoryUsage();
  strictEqual(clients.flows, 0);
  ok(after.heapUsed - before.heapUsed < SYNS, "the heap grew");
  ok(after.rss - before.rss < 16 * MEGABYTE, "resident memory grew");
});
