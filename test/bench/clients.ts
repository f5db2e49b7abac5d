/**
 * Many clients in one: hosts and ports of IPv4 that talk to a stack through
 * frames which are changed in place, so that the benchmark measures the stack
 * and not them.
 *
 * @module
 */

import type { Outbox } from "../../src/outbox.ts";
import type { Ship } from "../../src/record/recorder.ts";
import { NO_TAG } from "../../src/stack/link.ts";
import { VERDICT, VERDICTS } from "../../src/verdict.ts";
import {
  type Bench,
  type HarnessOptions,
  makeStack,
  START,
} from "../harness.ts";
import {
  ACKED,
  FIN,
  GET,
  HEADER_LEN,
  IP_TOTAL_LEN,
  OPTIONS,
  PSH,
  QUERY,
  SEQ,
  SYN,
  SYN_OPTIONS,
  tcpFrame,
  Template,
  udpFrame,
} from "./template.ts";

const FRAME_MAX = 2048;
const A_SECOND = 1000; // datagrams
const TICK = 64; // frames between two ticks of a millisecond

/** A frame at a fixed place in memory. */
interface Placed {
  readonly template: Template;
  readonly at: number;
  readonly end: number;
}

/** Clients of one stack. */
export class Clients {
  readonly #bench: Bench;
  readonly #syn: Placed;
  readonly #ack: Placed;
  readonly #get: Placed;
  readonly #fin: Placed;
  readonly #query: Placed;
  #end: number;
  #frames = 0;
  #now = START;
  #lastAt = 0;

  /**
   * Makes a stack and clients for it.
   *
   * @param options How the stack differs from the usual one.
   * @param ship Reads its records.
   */
  constructor(options: HarnessOptions, ship?: Ship) {
    this.#bench = makeStack(options, (outbox) => this.#remember(outbox), ship);
    const { arena } = this.#bench;
    this.#end = arena.bytes.length;
    this.#syn = this.#place(tcpFrame(SYN, SYN_OPTIONS));
    this.#ack = this.#place(tcpFrame(ACKED, OPTIONS));
    this.#get = this.#place(tcpFrame(ACKED | PSH, OPTIONS, GET));
    this.#fin = this.#place(tcpFrame(ACKED | FIN, OPTIONS));
    this.#query = this.#place(udpFrame(QUERY));
  }

  /** Flows that the stack remembers. */
  get flows(): number {
    return this.#bench.stack.flowCount;
  }

  /** Lets the stack send what it has queued, and tell what it has to tell. */
  flush(): void {
    this.#bench.outbox.flush();
    this.#bench.recorder.flush();
  }

  /** Shows the stack a frame of anybody's, as often as it is called. */
  other(frame: Uint8Array): () => void {
    const { at, end } = this.#place(frame);
    return () => this.#show(at, end);
  }

  /** Sends a SYN, and returns the sequence number that answers it. */
  syn(client: number, isn: number = client): number {
    this.#set(this.#syn, client, isn, 0);
    this.#expect(this.#syn, VERDICT.tcp_syn_ack);
    return this.#bench.arena.view.getInt32(this.#answerAt + SEQ);
  }

  /** Asks a name server, from another host each time. */
  query(client: number): void {
    // No more a second than are answered, and to nobody more than his share.
    if (client % A_SECOND === 0) this.#now += 10_000;
    this.#set(this.#query, Math.imul(client, 40_503) << 14, 0, 0);
    this.#expect(this.#query, VERDICT.udp_answer);
  }

  /**
   * Sends a request, acknowledging all that was sent before it.
   *
   * @returns The number that acknowledges the answer.
   */
  get(client: number, seq: number, ack: number): number {
    this.#set(this.#get, client, seq, ack);
    this.#expect(this.#get, VERDICT.tcp_answer);
    const { view } = this.#bench.arena;
    const at = this.#answerAt;
    const headers = 20 + (view.getUint8(at + HEADER_LEN) >>> 4 << 2);
    const length = view.getUint16(at + IP_TOTAL_LEN) - headers;
    return view.getInt32(at + SEQ) + length | 0;
  }

  /** Acknowledges all that was sent so far. */
  acknowledge(client: number, seq: number, ack: number): void {
    this.#send(this.#ack, client, seq, ack);
  }

  /** A whole exchange, as curl has it: six frames of its, four of the stack. */
  exchange(client: number): void {
    let seq = client + 1 | 0;
    let ack = this.syn(client) + 1 | 0;
    this.acknowledge(client, seq, ack);
    ack = this.get(client, seq, ack);
    seq = seq + GET.length | 0;
    this.acknowledge(client, seq, ack);
    this.#send(this.#fin, client, seq, ack);
    this.acknowledge(client, seq + 1 | 0, ack + 1 | 0);
  }

  #send(frame: Placed, client: number, seq: number, ack: number): void {
    this.#set(frame, client, seq, ack);
    this.#show(frame.at, frame.end);
  }

  #set(frame: Placed, client: number, seq: number, ack: number): void {
    frame.template.set(this.#bench.arena.view, frame.at, client, seq, ack);
  }

  #expect(frame: Placed, verdict: number): void {
    const got = this.#show(frame.at, frame.end);
    if (got !== verdict) throw new Error(`${VERDICTS[got]}, not an answer`);
  }

  #show(at: number, end: number): number {
    const { stack } = this.#bench;
    if (this.#frames++ % TICK === 0) stack.tick(this.#now++);
    return stack.receive(at, end, NO_TAG, false);
  }

  /** Offset of the frame that the stack sent last. */
  get #answerAt(): number {
    const { outbox } = this.#bench;
    return outbox.count > 0 ? outbox.slotAt(outbox.count - 1) : this.#lastAt;
  }

  #remember(outbox: Outbox): void {
    this.#lastAt = outbox.slotAt(outbox.count - 1);
  }

  #place(frame: Uint8Array): Placed {
    const end = this.#end;
    const at = end - frame.length;
    this.#bench.arena.bytes.set(frame, at);
    this.#end -= FRAME_MAX;
    return { template: new Template(frame), at, end };
  }
}
