/**
 * Many clients in one: hosts and ports of IPv4 that talk to a stack through
 * frames which are changed in place, so that the benchmark measures the stack
 * and not them.
 *
 * @module
 */

import type { Outbox } from "../../src/outbox.ts";
import { NO_TAG } from "../../src/stack/link.ts";
import { VERDICT, VERDICTS } from "../../src/verdict.ts";
import {
  type Bench,
  type HarnessOptions,
  makeStack,
  START,
} from "../harness.ts";
import { octets } from "../tcp_client.ts";

// Offsets in a frame of Ethernet, IPv4 and TCP or UDP without options of IP.
const IP_TOTAL_LEN = 16;
const IP_CHECKSUM = 24;
const IP_SRC = 26;
const L4 = 34;
const SEQ = 38;
const ACK = 42;
const HEADER_LEN = 46;
const TCP_CHECKSUM = 50;
const UDP_CHECKSUM = 40;

const FIN = 0x01;
const SYN = 0x02;
const PSH = 0x08;
const ACKED = 0x10;
const TCP = 6;
const UDP = 17;

// MSS, SACK permitted, timestamps, window scale, as Linux has them.
const SYN_OPTIONS = "020405b40402080a000001010000000001030307";
const OPTIONS = "0101080a0000010200000001";
const FRAME_MAX = 2048;
const A_SECOND = 1000; // datagrams
const TICK = 64; // frames between two ticks of a millisecond

/** A request of curl's. */
export const GET: Uint8Array = octets(
  "GET / HTTP/1.1\r\nHost: 192.0.2.10\r\nUser-Agent: curl/7.88.1\r\n" +
    "Accept: */*\r\n\r\n",
);

/** A frame at the end of the memory, of which host, port and numbers change. */
class Template {
  readonly #view: DataView;
  readonly #checksumAt: number;
  readonly #ipSum: number; // without what changes
  readonly #sum: number;
  readonly at: number;
  readonly end: number;

  constructor({ bytes, view }: Bench["arena"], frame: Uint8Array, end: number) {
    this.#view = view;
    this.end = end;
    this.at = end - frame.length;
    bytes.set(frame, this.at);
    const isTcp = frame[23] === TCP;
    this.#checksumAt = isTcp ? TCP_CHECKSUM : UDP_CHECKSUM;
    this.#ipSum = sumOf(frame.subarray(14, L4));
    const length = frame.length - L4;
    this.#sum = fold(
      sumOf(frame.subarray(IP_SRC)) + frame[23]! + length,
    );
  }

  /** Sets who sends it: one of 2^30 pairs of host and port. */
  set(client: number, seq: number, ack: number): void {
    const view = this.#view;
    const { at } = this;
    const host = client >>> 14 & 0xffff;
    const port = client & 0x3fff | 0x4000;
    view.setUint16(at + IP_SRC + 2, host);
    view.setUint16(at + IP_CHECKSUM, ~fold(this.#ipSum + host));
    view.setUint16(at + L4, port);
    if (this.#checksumAt === UDP_CHECKSUM) {
      view.setUint16(at + UDP_CHECKSUM, ~fold(this.#sum + host + port));
      return;
    }
    view.setInt32(at + SEQ, seq);
    view.setInt32(at + ACK, ack);
    const numbers = (seq >>> 16) + (seq & 0xffff) + (ack >>> 16) +
      (ack & 0xffff);
    view.setUint16(
      at + TCP_CHECKSUM,
      ~fold(this.#sum + host + port + numbers),
    );
  }
}

/** Clients of one stack. */
export class Clients {
  readonly #bench: Bench;
  readonly #syn: Template;
  readonly #ack: Template;
  readonly #get: Template;
  readonly #fin: Template;
  readonly #query: Template;
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
  constructor(options: HarnessOptions, ship?: (buffer: ArrayBuffer) => void) {
    this.#bench = makeStack(options, (outbox) => this.#remember(outbox), ship);
    const { arena } = this.#bench;
    this.#end = arena.bytes.length;
    this.#syn = this.#template(tcpFrame(SYN, SYN_OPTIONS));
    this.#ack = this.#template(tcpFrame(ACKED, OPTIONS));
    this.#get = this.#template(tcpFrame(ACKED | PSH, OPTIONS, GET));
    this.#fin = this.#template(tcpFrame(ACKED | FIN, OPTIONS));
    this.#query = this.#template(udpFrame(QUERY));
  }

  /** Flows that the stack remembers. */
  get flows(): number {
    return this.#bench.stack.flowCount;
  }

  /** Lets the stack send what it has queued. */
  flush(): void {
    this.#bench.outbox.flush();
  }

  /** Shows the stack a frame of anybody's, as often as it is called. */
  other(frame: Uint8Array): () => void {
    const template = this.#template(frame);
    return () => this.#show(template.at, template.end);
  }

  /** Sends a SYN, and returns the sequence number that answers it. */
  syn(client: number): number {
    this.#syn.set(client, client, 0);
    this.#expect(this.#syn, VERDICT.tcp_syn_ack);
    return this.#bench.arena.view.getInt32(this.#answerAt + SEQ);
  }

  /** Asks a name server, from another host each time. */
  query(client: number): void {
    // No more a second than are answered.
    if (client % A_SECOND === 0) this.#now += 1000;
    this.#query.set(Math.imul(client, 40_503) << 14, 0, 0);
    this.#expect(this.#query, VERDICT.udp_answer);
  }

  /**
   * Sends a request, acknowledging all that was sent before it.
   *
   * @returns The number that acknowledges the answer.
   */
  get(client: number, seq: number, ack: number): number {
    this.#get.set(client, seq, ack);
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

  #send(template: Template, client: number, seq: number, ack: number): void {
    template.set(client, seq, ack);
    this.#show(template.at, template.end);
  }

  #expect(template: Template, verdict: number): void {
    const got = this.#show(template.at, template.end);
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

  #template(frame: Uint8Array): Template {
    const template = new Template(this.#bench.arena, frame, this.#end);
    this.#end -= FRAME_MAX;
    return template;
  }
}

/** A query for the address of www.example.com, RFC 1035 §4.1. */
const QUERY = Uint8Array.fromHex(
  "12340100000100000000000003777777076578616d706c6503636f6d0000010001",
);

/** A segment of a client's without numbers, checksums to be filled in. */
function tcpFrame(
  flags: number,
  options: string,
  payload: Uint8Array = new Uint8Array(),
): Uint8Array {
  const words = Uint8Array.fromHex(options);
  const offset = (20 + words.length) << 2;
  return ipFrame(TCP, [
    ...[0, 0, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, offset, flags],
    ...[0xfa, 0xf0, 0, 0, 0, 0, ...words, ...payload],
  ]);
}

/** A datagram of a client's, checksums to be filled in. */
function udpFrame(payload: Uint8Array): Uint8Array {
  return ipFrame(UDP, [0, 0, 0, 53, 0, 8 + payload.length, 0, 0, ...payload]);
}

/** An IPv4 packet from 198.18.0.0, RFC 2544 §C.2.2, to 192.0.2.10. */
function ipFrame(protocol: number, payload: readonly number[]): Uint8Array {
  const length = 20 + payload.length;
  return Uint8Array.from([
    ...[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0],
    ...[0x45, 0, length >>> 8, length & 0xff, 0x12, 0x34, 0x40, 0, 57],
    ...[protocol, 0, 0, 198, 18, 0, 0, 192, 0, 2, 10, ...payload],
  ]);
}

/** Sum of 16-bit words, RFC 1071 §1. */
function sumOf(octets: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < octets.length; at++) {
    sum += at % 2 === 0 ? octets[at]! << 8 : octets[at]!;
  }
  return fold(sum);
}

function fold(sum: number): number {
  sum = (sum & 0xffff) + (sum >>> 16);
  return (sum & 0xffff) + (sum >>> 16);
}
