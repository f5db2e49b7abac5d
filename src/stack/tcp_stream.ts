/**
 * What becomes of the octets of a stream: they are handed to the protocol that
 * they are found to be of, and its answers to the output. RFC 9293 §3.10.7.4.
 *
 * @module
 */

import { type BufferPool, NO_BUFFER } from "../buffer_pool.ts";
import {
  AGREED,
  type FlowTable,
  PROTOCOL,
  REQUEST,
  SEED,
  SKIP,
  STATE,
} from "../flow_table.ts";
import { CLOSE, DECLINE, MORE, TCP } from "../protocol.ts";
import type { FlowLedger } from "../flow_ledger.ts";
import { NO_PROTOCOL } from "../record/layout.ts";
import type { Recorder } from "../record/recorder.ts";
import type { TcpHeader } from "../wire/tcp.ts";
import { type Application, NO_MATCH, UNDECIDED } from "./application.ts";
import type { Ipv4 } from "./ipv4.ts";
import type { Ipv6 } from "./ipv6.ts";
import type { TcpMemory } from "./tcp_memory.ts";
import { type TcpOutput, WANTS_FIN } from "./tcp_output.ts";

/** Value of the word PROTOCOL: the octets so far do not tell. */
export const UNKNOWN: number = -1;
/** Value of the word PROTOCOL: what comes is acknowledged and thrown away. */
export const DEAF: number = -2;

/** Reads streams, whatever segments they come in. */
export class TcpStream {
  readonly #application: Application;
  readonly #flows: FlowTable;
  readonly #ledger: FlowLedger;
  readonly #requests: BufferPool;
  readonly #recorder: Recorder;
  readonly #header: TcpHeader;
  readonly #output: TcpOutput;

  /**
   * Makes a reader.
   *
   * @param application Where octets go.
   * @param memory What streams are remembered by.
   * @param recorder Who is told of every message.
   * @param header Header of the segment received last.
   * @param output Where answers go.
   */
  constructor(
    application: Application,
    { flows, ledger, requests }: TcpMemory,
    recorder: Recorder,
    header: TcpHeader,
    output: TcpOutput,
  ) {
    this.#application = application;
    this.#flows = flows;
    this.#ledger = ledger;
    this.#requests = requests;
    this.#recorder = recorder;
    this.#header = header;
    this.#output = output;
  }

  /**
   * Greets a peer that has said nothing, and binds the stream to the protocol
   * that does.
   *
   * @param ip IP layer that the peer's handshake came by.
   * @param flow Its flow, of which nothing was said or heard.
   * @param protocol Index of the protocol.
   */
  greet(ip: Ipv4 | Ipv6, flow: number, protocol: number): void {
    const { words } = this.#flows;
    const { exchange } = this.#application;
    this.#introduce(ip, flow);
    exchange.state = 0;
    const verdict = this.#application.greet(protocol);
    const { answer } = exchange;
    if (verdict === DECLINE || answer.overflowed) return;
    if (!this.#output.keep(flow, answer.at, answer.end)) return;
    words[flow + PROTOCOL] = protocol;
    words[flow + STATE] = exchange.state;
    this.#output.push(ip, flow);
  }

  /**
   * Goes on with what waited for the peer to have room.
   *
   * @param ip IP layer that received the segment which says so.
   * @param flow Its flow.
   */
  goOn(ip: Ipv4 | Ipv6, flow: number): void {
    const { words } = this.#flows;
    const request = words[flow + REQUEST]!;
    if (request !== NO_BUFFER && words[flow + PROTOCOL]! >= 0) {
      const at = this.#requests.at(request);
      const end = at + this.#requests.lengthOf(request);
      this.#converse(ip, flow, at, end);
    }
    this.#output.push(ip, flow);
  }

  /**
   * Hands octets that follow what is known of a stream to its protocol.
   *
   * @param ip IP layer that received the segment.
   * @param flow Its flow.
   * @param at Offset of the first octet.
   * @param end Offset one past the last.
   */
  deliver(ip: Ipv4 | Ipv6, flow: number, at: number, end: number): void {
    const { words } = this.#flows;
    const skipped = Math.min(words[flow + SKIP]!, end - at);
    words[flow + SKIP]! -= skipped;
    at += skipped;
    if (at === end || words[flow + PROTOCOL] === DEAF) return;
    const request = words[flow + REQUEST]!;
    if (request === NO_BUFFER) {
      this.#converse(ip, flow, at, end);
    } else if (this.#requests.append(request, at, end)) {
      const first = this.#requests.at(request);
      const length = this.#requests.lengthOf(request);
      this.#converse(ip, flow, first, first + length);
    } else {
      this.#deliverInParts(ip, flow, at, end);
    }
  }

  /** Fills the buffer, for the protocol to say what it thinks of the length. */
  #deliverInParts(
    ip: Ipv4 | Ipv6,
    flow: number,
    at: number,
    end: number,
  ): void {
    const { words } = this.#flows;
    const request = words[flow + REQUEST]!;
    const room = this.#requests.bufferLen - this.#requests.lengthOf(request);
    if (room === 0) { // longer than we care for
      this.#turnDeaf(flow);
      return;
    }
    this.deliver(ip, flow, at, at + room);
    this.deliver(ip, flow, at + room, end);
  }

  /** Lets the protocol answer `[at, end)`, and keeps what it does not use. */
  #converse(ip: Ipv4 | Ipv6, flow: number, at: number, end: number): void {
    this.#introduce(ip, flow);
    let restAt = at;
    while (restAt < end) {
      const next = this.#answerOne(flow, restAt, end);
      if (next === restAt) break;
      restAt = next;
    }
    this.#keep(flow, at, restAt, end);
  }

  /** Tells the exchange whose stream it is. */
  #introduce(ip: Ipv4 | Ipv6, flow: number): void {
    const { exchange } = this.#application;
    exchange.transport = TCP;
    exchange.seed = this.#flows.words[flow + SEED]!;
    exchange.peerAt = ip.header.srcAt;
    exchange.dstAt = ip.header.dstAt;
    exchange.addressLen = ip.header.addressLen;
    exchange.peerPort = this.#header.srcPort;
    exchange.selfPort = this.#header.dstPort;
    exchange.listening = this.#recorder.isListening;
  }

  /**
   * Lets the protocol answer one message.
   *
   * @returns Offset of the first octet that it has not used up, `at` if it can
   * do nothing for now.
   */
  #answerOne(flow: number, at: number, end: number): number {
    const { words } = this.#flows;
    const { exchange } = this.#application;
    exchange.at = at;
    exchange.end = end;
    exchange.next = end;
    exchange.state = words[flow + STATE]!;
    if (words[flow + PROTOCOL] === UNKNOWN) {
      const found = this.#application.identify();
      if (found === UNDECIDED) return at;
      // Nobody's: the next segment gets a fresh look.
      if (found === NO_MATCH) {
        this.#tellUnknown(flow, NO_PROTOCOL);
        return end;
      }
      words[flow + PROTOCOL] = found;
    }
    const protocol = words[flow + PROTOCOL]!;
    const verdict = this.#application.reply(protocol);
    if (verdict === MORE) {
      words[flow + STATE] = exchange.state;
      return at;
    }
    const { answer, next } = exchange;
    if (verdict === DECLINE || answer.overflowed || next <= at) {
      words[flow + PROTOCOL] = DEAF;
      this.#tellUnknown(flow, protocol);
      return end;
    }
    if (answer.end > answer.at) {
      // No room: once the peer has taken what there is, it is answered anew.
      if (!this.#output.keep(flow, answer.at, answer.end)) return at;
      this.#application.answers[protocol]!++;
    }
    if (exchange.listening) {
      this.#recorder.message(protocol, exchange, true, 0);
    }
    words[flow + STATE] = exchange.state;
    if (verdict === CLOSE) {
      words[flow + PROTOCOL] = DEAF;
      words[flow + AGREED]! |= WANTS_FIN;
      return end;
    }
    words[flow + SKIP] = Math.max(next - end, 0);
    return Math.min(next, end);
  }

  /** Records a message that a protocol, if it is one's, does not answer. */
  #tellUnknown(flow: number, protocol: number): void {
    const { exchange } = this.#application;
    if (!exchange.listening) return;
    const keep = this.#ledger.sample(flow, exchange.end - exchange.at);
    if (keep > 0) this.#recorder.message(protocol, exchange, false, keep);
  }

  /** Keeps the rest `[restAt, end)` of `[at, end)` for later. */
  #keep(flow: number, at: number, restAt: number, end: number): void {
    const { words } = this.#flows;
    const request = words[flow + REQUEST]!;
    if (restAt === end) {
      this.#requests.release(request);
      words[flow + REQUEST] = NO_BUFFER;
    } else if (request !== NO_BUFFER) {
      this.#requests.drop(request, restAt - at);
    } else {
      const taken = this.#requests.take(flow);
      words[flow + REQUEST] = taken;
      if (!this.#requests.append(taken, restAt, end)) this.#turnDeaf(flow);
    }
  }

  /** Stops listening to a flow. */
  #turnDeaf(flow: number): void {
    const { words } = this.#flows;
    words[flow + PROTOCOL] = DEAF;
    this.#requests.release(words[flow + REQUEST]!);
    words[flow + REQUEST] = NO_BUFFER;
  }
}
