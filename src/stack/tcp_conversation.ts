/**
 * What a segment does to a connection that is remembered. RFC 9293 §3.10.7.4.
 *
 * @module
 */

import { NO_BUFFER } from "../buffer_pool.ts";
import type { FlowLedger } from "../flow_ledger.ts";
import {
  AGREED,
  ANSWER,
  type FlowTable,
  PEER_TIMESTAMP,
  RCV_NXT,
  SND_NXT,
  SND_UNA,
  SND_WND,
} from "../flow_table.ts";
import type { TcpPersona } from "../persona.ts";
import { VERDICT } from "../verdict.ts";
import { seqAdd, seqBefore } from "../wire/seq.ts";
import { CWR, FIN, PSH, type TcpHeader } from "../wire/tcp.ts";
import type { Ipv4 } from "./ipv4.ts";
import type { Ipv6 } from "./ipv6.ts";
import type { TcpMemory } from "./tcp_memory.ts";
import {
  AWAITS_GREETING,
  CONGESTED,
  GOT_FIN,
  OWES_ACK,
  PEER_FIRST,
  PEER_SHIFT,
  type TcpOutput,
  WANTS_FIN,
} from "./tcp_output.ts";
import type { TcpReassembly } from "./tcp_reassembly.ts";
import type { TcpStream } from "./tcp_stream.ts";

/** Largest window that is announced without scaling, in octets. */
export const WINDOW_MAX = 65_535;
const CONGESTION_EXPERIENCED = 3; // RFC 3168 §5

/** Takes segments of flows. */
export class TcpConversation {
  readonly #persona: TcpPersona;
  readonly #flows: FlowTable;
  readonly #ledger: FlowLedger;
  readonly #reassembly: TcpReassembly;
  readonly #stream: TcpStream;
  readonly #output: TcpOutput;
  readonly #header: TcpHeader;

  /**
   * Makes it.
   *
   * @param persona How strictly order is kept.
   * @param memory What flows are remembered by.
   * @param reassembly Where octets wait that came too early.
   * @param stream Where octets go.
   * @param output Sender of segments.
   * @param header Header of the segment received last.
   */
  constructor(
    persona: TcpPersona,
    { flows, ledger }: TcpMemory,
    reassembly: TcpReassembly,
    stream: TcpStream,
    output: TcpOutput,
    header: TcpHeader,
  ) {
    this.#persona = persona;
    this.#flows = flows;
    this.#ledger = ledger;
    this.#reassembly = reassembly;
    this.#stream = stream;
    this.#output = output;
    this.#header = header;
  }

  /**
   * Tells whether the numbers of the segment received last are near enough
   * those of a flow.
   *
   * @param flow The flow.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc5961#section-5.2 | RFC 5961 §5.2}
   */
  isInWindow(flow: number): boolean {
    const { words } = this.#flows;
    const { ack, seq } = this.#header;
    const ahead = (seq - words[flow + RCV_NXT]!) | 0;
    return ((words[flow + SND_NXT]! - ack) | 0) >= 0 &&
      ((ack - words[flow + SND_UNA]!) | 0) >= -WINDOW_MAX &&
      ahead >= -WINDOW_MAX && ahead <= WINDOW_MAX;
  }

  /**
   * Counts the segment received last.
   *
   * @param ip IP layer that received it.
   * @param flow Its flow.
   */
  hear(ip: Ipv4 | Ipv6, flow: number): void {
    const { flags, payloadAt, payloadEnd } = this.#header;
    const packetLen = ip.header.payloadEnd - ip.header.at;
    this.#ledger.heard(flow, flags, payloadEnd - payloadAt, packetLen);
  }

  /**
   * Notes how much room the segment received last says its sender has, unless
   * it is an old one: RFC 9293 §3.10.7.4.
   *
   * @param flow Its flow.
   */
  takeWindow(flow: number): void {
    const { words } = this.#flows;
    if (seqBefore(this.#header.ack, words[flow + SND_UNA]!)) return;
    const shift = words[flow + AGREED]! & PEER_SHIFT;
    words[flow + SND_WND] = this.#header.window << shift;
  }

  /**
   * Takes the segment received last, whose numbers are near enough.
   *
   * @param ip IP layer that received it.
   * @param flow Its flow.
   * @returns The verdict.
   */
  take(ip: Ipv4 | Ipv6, flow: number): number {
    const header = this.#header;
    const output = this.#output;
    const { words } = this.#flows;
    const { ack, flags, payloadEnd, seq } = header;
    const length = payloadEnd - header.payloadAt;
    const fin = flags & FIN; // which is 1, and takes one sequence number
    const known = (words[flow + RCV_NXT]! - seq) | 0; // octets we have already
    this.#flows.touch(flow, output.clock);
    this.hear(ip, flow);
    this.#takeTimestamp(flow, known);
    this.takeWindow(flow);
    this.#noteCongestion(ip, flow);
    const hasNewAck = output.takeAck(flow, ack);
    const isMissing = words[flow + SND_UNA] !== words[flow + SND_NXT];

    if (length + fin === 0) {
      return this.#continueEmpty(ip, flow, known, isMissing && !hasNewAck);
    }
    const sent = output.count;
    const isAhead = known < 0 && this.#persona.keepsOrder;
    if (isAhead || known >= length + fin || words[flow + AGREED]! & GOT_FIN) {
      if (isAhead) {
        this.#reassembly.keep(flow, seq, header.payloadAt, payloadEnd);
      } else if (isMissing) {
        // Sent again, because what we said to it did not arrive.
        output.repeat(ip, flow);
      }
      if (output.count === sent) output.acknowledge(ip, flow);
      return VERDICT.tcp_ack;
    }

    words[flow + RCV_NXT] = seqAdd(seq, length + fin);
    words[flow + AGREED]! &= ~AWAITS_GREETING;
    const sndNxt = words[flow + SND_NXT]!;
    const payloadAt = header.payloadAt + Math.min(Math.max(known, 0), length);
    this.#stream.deliver(ip, flow, payloadAt, payloadEnd);
    if (fin) {
      words[flow + AGREED]! |= GOT_FIN | WANTS_FIN;
      this.#reassembly.release(flow);
    } else if (this.#reassembly.join(flow)) {
      this.#stream.deliver(ip, flow, this.#reassembly.at, this.#reassembly.end);
      this.#reassembly.release(flow);
    }
    const hasAnswer = words[flow + ANSWER] !== NO_BUFFER;
    if (known > 0 && isMissing) output.repeat(ip, flow);
    else output.push(ip, flow);
    if (output.count === sent) {
      // A peer that is acknowledged all it said has nothing to say again should
      // our answer be lost. So it has to acknowledge that one first.
      if (isMissing) words[flow + AGREED]! |= OWES_ACK;
      else output.acknowledge(ip, flow);
    }
    if (hasAnswer && words[flow + SND_NXT] !== sndNxt) {
      return VERDICT.tcp_answer;
    }
    return fin ? VERDICT.tcp_fin_ack : VERDICT.tcp_ack;
  }

  /** Takes a segment that has only an acknowledgment. */
  #continueEmpty(
    ip: Ipv4 | Ipv6,
    flow: number,
    known: number,
    isRepeated: boolean,
  ): number {
    const output = this.#output;
    const { words } = this.#flows;
    const isAllAcked = words[flow + SND_UNA] === words[flow + SND_NXT];
    // Our FIN acknowledged the peer's, and is acknowledged. Where ours was first,
    // our last word may be lost and is asked for again: RFC 9293 §3.6.1.
    if (isAllAcked && words[flow + AGREED]! & PEER_FIRST) {
      this.#flows.forget(flow);
      return VERDICT.tcp_acknowledged;
    }
    if (known > 0) { // a keep-alive, RFC 9293 §3.8.4
      output.acknowledge(ip, flow);
      return VERDICT.tcp_ack;
    }
    const sent = output.count;
    if (isRepeated) output.repeat(ip, flow); // it got what came later
    else this.#stream.goOn(ip, flow);
    if (isAllAcked && words[flow + AGREED]! & OWES_ACK) {
      output.acknowledge(ip, flow);
    }
    if (output.count === sent && this.asksForAck) {
      output.acknowledge(ip, flow);
      return VERDICT.tcp_ack;
    }
    return output.count === sent
      ? VERDICT.tcp_acknowledged
      : VERDICT.tcp_answer;
  }

  /**
   * Whether the segment received last asks for an acknowledgment although it
   * says nothing.
   */
  get asksForAck(): boolean {
    return (this.#header.flags & PSH) !== 0 && this.#persona.acknowledgesPush;
  }

  /**
   * Repeats a router's mark to the sender until that says it has heard:
   * RFC 3168 §6.1.3. Only who agreed on it sends packets that can be marked.
   */
  #noteCongestion(ip: Ipv4 | Ipv6, flow: number): void {
    const { words } = this.#flows;
    if (this.#header.flags & CWR) words[flow + AGREED]! &= ~CONGESTED;
    if (ip.header.ecn === CONGESTION_EXPERIENCED && this.#persona.acceptsEcn) {
      words[flow + AGREED]! |= CONGESTED;
    }
  }

  /**
   * Keeps the peer's timestamp, to be echoed.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc7323#section-4.3 | RFC 7323 §4.3}
   */
  #takeTimestamp(flow: number, known: number): void {
    const { words } = this.#flows;
    const { hasTimestamps, timestamp } = this.#header;
    if (!hasTimestamps || known < 0) return;
    if (((timestamp - words[flow + PEER_TIMESTAMP]!) | 0) < 0) return;
    words[flow + PEER_TIMESTAMP] = timestamp;
  }
}
