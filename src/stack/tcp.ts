/**
 * Transmission Control Protocol, the passive side of it: RFC 9293.
 *
 * A SYN is answered without remembering it. What the peer sends then has to
 * acknowledge our cookie; only with the first octet that does is a flow kept.
 *
 * @module
 */

import type { Arena } from "../arena.ts";
import { type BufferPool, NO_BUFFER } from "../buffer_pool.ts";
import {
  bitsOf,
  type Cookies,
  FORGED,
  mssOf,
  windowScaleOf,
} from "../cookie.ts";
import {
  AGREED,
  ANSWER,
  type FlowTable,
  IP_ID,
  NO_FLOW,
  PEER_TIMESTAMP,
  PROTOCOL,
  RCV_NXT,
  REQUEST,
  SKIP,
  SND_MSS,
  SND_NXT,
  SND_UNA,
  SND_WND,
  STATE,
  TIMESTAMP_OFFSET,
} from "../flow_table.ts";
import type { TcpPersona } from "../persona.ts";
import { CLOSE, DECLINE, MORE, TCP } from "../protocol.ts";
import type { FlowLedger } from "../flow_ledger.ts";
import { NO_PROTOCOL } from "../record/layout.ts";
import type { Recorder } from "../record/recorder.ts";
import { Tuple } from "../tuple.ts";
import { VERDICT } from "../verdict.ts";
import { seqAdd } from "../wire/seq.ts";
import { ACK, CWR, ECE, FIN, RST, SYN, TcpHeader } from "../wire/tcp.ts";
import { type Application, NO_MATCH, UNDECIDED } from "./application.ts";
import type { Ipv4 } from "./ipv4.ts";
import type { Ipv6 } from "./ipv6.ts";
import type { Link } from "./link.ts";
import {
  GOT_FIN,
  OWES_ACK,
  PEER_FIRST,
  PEER_SHIFT,
  SCALES,
  STAMPS,
  TcpOutput,
  TIMESTAMPS_LEN,
  WANTS_FIN,
} from "./tcp_output.ts";

// Values of the word PROTOCOL that are not an index.
const UNKNOWN = -1; // the octets so far do not tell
const DEAF = -2; // whatever comes is acknowledged and thrown away

const IDLE_MS = 60_000; // a flow that is silent for longer is forgotten
const WINDOW_MAX = 65_535;

/** What TCP remembers by. */
export interface TcpMemory {
  /** Where proven peers are remembered. */
  readonly flows: FlowTable;
  /** Where it is counted what they say. */
  readonly ledger: FlowLedger;
  /** Where requests wait that came in part. */
  readonly requests: BufferPool;
  /** Where answers wait to be acknowledged. */
  readonly answers: BufferPool;
}

/** TCP on either version of IP. */
export class Tcp {
  readonly #arena: Arena;
  readonly #link: Link;
  readonly #application: Application;
  readonly #persona: TcpPersona;
  readonly #cookies: Cookies;
  readonly #flows: FlowTable;
  readonly #ledger: FlowLedger;
  readonly #requests: BufferPool;
  readonly #recorder: Recorder;
  readonly #tuple = new Tuple();

  /** Header of the segment received last. */
  readonly header: TcpHeader;
  /** Sender of segments. */
  readonly output: TcpOutput;
  /** What tells the connection of the segment received last from others. */
  seed = 0;

  /**
   * Puts the layer on IP.
   *
   * @param arena Memory that frames are in.
   * @param link Link that IP is on.
   * @param application Where the octets of a stream go.
   * @param persona What segments look like.
   * @param cookies Maker of initial sequence numbers.
   * @param memory What it remembers by.
   * @param recorder Who is told of every message.
   * @param mtu Largest IP packet of the link, in octets.
   */
  constructor(
    arena: Arena,
    link: Link,
    application: Application,
    persona: TcpPersona,
    cookies: Cookies,
    memory: TcpMemory,
    recorder: Recorder,
    mtu: number,
  ) {
    const { answers, flows, ledger, requests } = memory;
    this.#arena = arena;
    this.#link = link;
    this.#application = application;
    this.#persona = persona;
    this.#cookies = cookies;
    this.#flows = flows;
    this.#ledger = ledger;
    this.#requests = requests;
    this.#recorder = recorder;
    this.header = new TcpHeader(arena);
    this.output = new TcpOutput(
      arena,
      persona,
      flows,
      answers,
      ledger,
      this.header,
      mtu,
    );
  }

  /**
   * Lets time pass.
   *
   * @param now Time, in milliseconds since 1970, that never goes back.
   * @param timeOfDay The same as people have it.
   */
  tick(now: number, timeOfDay: number = now): void {
    const clock = now | 0;
    this.output.clock = clock;
    this.#cookies.tick(now);
    this.#flows.expire(clock, IDLE_MS);
    this.#ledger.tick(timeOfDay);
    this.#application.exchange.now = timeOfDay;
  }

  /**
   * Answers the segment of the packet received last, if it deserves an answer.
   *
   * @param ip IP layer that received it.
   * @returns The verdict.
   */
  receive(ip: Ipv4 | Ipv6): number {
    const { header } = this;
    const { payloadAt, payloadEnd } = ip.header;
    if (!header.open(payloadAt, payloadEnd)) return VERDICT.transport_malformed;
    if (
      !this.#link.isUnsummed &&
      !header.sumsUp(ip.header.pseudoSum(header.length))
    ) return VERDICT.checksum_wrong;
    if (header.srcPort === 0) return VERDICT.port_zero;

    this.#tuple.fill(
      this.#arena.view,
      ip.header.srcAt,
      ip.header.addressLen,
      header.portsAt,
      this.#link.vlan,
    );
    const { flags } = header;
    this.seed = 0;
    if (flags & SYN) return this.#receiveSyn(ip);
    if (flags & RST) return this.#receiveReset(ip);
    if (!(flags & ACK)) return VERDICT.tcp_flags;
    header.readOptions();

    const flow = this.#flows.find(this.#tuple);
    if (flow === NO_FLOW) return this.#begin(ip);
    if (this.#isInWindow(flow)) return this.#continue(ip, flow);
    // Perhaps a new connection between the same ports.
    return this.#begin(ip, flow);
  }

  /** Answers a SYN with a cookie. */
  #receiveSyn(ip: Ipv4 | Ipv6): number {
    const { header } = this;
    const { synFlags, acceptsEcn } = this.#persona;
    const { flags } = header;
    if ((flags & ~(SYN | synFlags)) !== 0) return VERDICT.tcp_flags;
    const asksForEcn = (flags & (ECE | CWR)) === (ECE | CWR);
    if (asksForEcn && !acceptsEcn) return VERDICT.tcp_flags;

    header.readOptions();
    const bits = bitsOf(header.mss, header.windowScale);
    const cookie = this.#cookies.make(this.#tuple, header.seq, bits);
    this.seed = this.#cookies.entropy;
    this.output.synAck(ip, cookie, this.#cookies.entropy, asksForEcn);
    return VERDICT.tcp_syn_ack;
  }

  /** Forgets a flow that the peer resets: RFC 5961 §3.2. */
  #receiveReset(ip: Ipv4 | Ipv6): number {
    const flow = this.#flows.find(this.#tuple);
    if (
      flow === NO_FLOW ||
      this.header.seq !== this.#flows.words[flow + RCV_NXT]
    ) return VERDICT.tcp_flags;
    this.#hear(ip, flow);
    this.#flows.forget(flow);
    return VERDICT.tcp_reset;
  }

  /**
   * Whether a segment's numbers are near enough those of its flow.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc5961#section-5.2 | RFC 5961 §5.2}
   */
  #isInWindow(flow: number): boolean {
    const { words } = this.#flows;
    const { ack, seq } = this.header;
    const ahead = (seq - words[flow + RCV_NXT]!) | 0;
    return ((words[flow + SND_NXT]! - ack) | 0) >= 0 &&
      ((ack - words[flow + SND_UNA]!) | 0) >= -WINDOW_MAX &&
      ahead >= -WINDOW_MAX && ahead <= WINDOW_MAX;
  }

  /** Takes the first segment of a connection that says more than "I heard". */
  #begin(ip: Ipv4 | Ipv6, formerFlow: number = NO_FLOW): number {
    const { header } = this;
    const { ack, flags, seq } = header;
    const isEmpty = header.payloadAt === header.payloadEnd;
    if (isEmpty && !(flags & FIN)) return VERDICT.tcp_handshake_ack;
    const bits = this.#cookies.check(
      this.#tuple,
      seqAdd(seq, -1),
      seqAdd(ack, -1),
    );
    if (bits === FORGED) {
      return formerFlow === NO_FLOW
        ? VERDICT.tcp_cookie_wrong
        : VERDICT.tcp_out_of_window;
    }

    const { entropy } = this.#cookies;
    if (formerFlow !== NO_FLOW) this.#flows.forget(formerFlow);
    const flow = this.#flows.add(this.#tuple, this.output.clock);
    const { words } = this.#flows;
    const { hasOptions } = this.#persona;
    const stamps = hasOptions && header.hasTimestamps;
    const shift = hasOptions ? windowScaleOf(bits) : -1;
    const mss = Math.min(mssOf(bits), this.output.ownMss(ip));
    words[flow + RCV_NXT] = seq;
    words[flow + SND_NXT] = ack;
    words[flow + SND_UNA] = ack;
    words[flow + SND_MSS] = Math.max(mss - (stamps ? TIMESTAMPS_LEN : 0), 1);
    words[flow + AGREED] = Math.max(shift, 0) | (shift < 0 ? 0 : SCALES) |
      (stamps ? STAMPS : 0);
    words[flow + PEER_TIMESTAMP] = header.timestamp;
    words[flow + TIMESTAMP_OFFSET] = entropy;
    words[flow + IP_ID] = entropy;
    words[flow + PROTOCOL] = UNKNOWN;
    words[flow + REQUEST] = NO_BUFFER;
    words[flow + ANSWER] = NO_BUFFER;
    const { view } = this.#arena;
    const macAt = this.#link.header.srcAt;
    this.#ledger.open(flow, view.getUint16(macAt), view.getInt32(macAt + 2));
    return this.#continue(ip, flow);
  }

  /** Counts the segment received last. */
  #hear(ip: Ipv4 | Ipv6, flow: number): void {
    const { flags, payloadAt, payloadEnd } = this.header;
    const packetLen = ip.header.payloadEnd - ip.header.at;
    this.seed = this.#flows.words[flow + TIMESTAMP_OFFSET]!;
    this.#ledger.heard(flow, flags, payloadEnd - payloadAt, packetLen);
  }

  /** Takes a segment of a flow whose numbers are near enough. */
  #continue(ip: Ipv4 | Ipv6, flow: number): number {
    const { header, output } = this;
    const { words } = this.#flows;
    const { ack, flags, payloadEnd, seq } = header;
    const length = payloadEnd - header.payloadAt;
    const fin = flags & FIN; // which is 1, and takes one sequence number
    const known = (words[flow + RCV_NXT]! - seq) | 0; // octets we have already
    this.#flows.touch(flow, output.clock);
    this.#hear(ip, flow);
    this.#takeTimestamp(flow, known);
    words[flow + SND_WND] = header.window <<
      (words[flow + AGREED]! & PEER_SHIFT);
    const hasNewAck = output.takeAck(flow, ack);
    const isMissing = words[flow + SND_UNA] !== words[flow + SND_NXT];

    if (length + fin === 0) {
      return this.#continueEmpty(ip, flow, known, isMissing && !hasNewAck);
    }
    const sent = output.count;
    const isAhead = known < 0 && this.#persona.keepsOrder;
    if (isAhead || known >= length + fin || words[flow + AGREED]! & GOT_FIN) {
      // Sent again, because what we said to it did not arrive.
      if (isMissing && !isAhead) output.repeat(ip, flow);
      if (output.count === sent) output.acknowledge(ip, flow);
      return VERDICT.tcp_ack;
    }

    words[flow + RCV_NXT] = seqAdd(seq, length + fin);
    if (fin) words[flow + AGREED]! |= GOT_FIN | WANTS_FIN;
    const sndNxt = words[flow + SND_NXT]!;
    const payloadAt = header.payloadAt + Math.min(Math.max(known, 0), length);
    this.#deliver(ip, flow, payloadAt, payloadEnd);
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
    const { output } = this;
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
    else this.#goOn(ip, flow);
    if (isAllAcked && words[flow + AGREED]! & OWES_ACK) {
      output.acknowledge(ip, flow);
    }
    return output.count === sent
      ? VERDICT.tcp_acknowledged
      : VERDICT.tcp_answer;
  }

  /** Goes on with what waited for the peer to have room. */
  #goOn(ip: Ipv4 | Ipv6, flow: number): void {
    const { words } = this.#flows;
    const request = words[flow + REQUEST]!;
    if (request !== NO_BUFFER && words[flow + PROTOCOL]! >= 0) {
      const at = this.#requests.at(request);
      const end = at + this.#requests.lengthOf(request);
      this.#converse(ip, flow, at, end);
    }
    this.output.push(ip, flow);
  }

  /**
   * Keeps the peer's timestamp, to be echoed.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc7323#section-4.3 | RFC 7323 §4.3}
   */
  #takeTimestamp(flow: number, known: number): void {
    const { words } = this.#flows;
    const { hasTimestamps, timestamp } = this.header;
    if (!hasTimestamps || known < 0) return;
    if (((timestamp - words[flow + PEER_TIMESTAMP]!) | 0) < 0) return;
    words[flow + PEER_TIMESTAMP] = timestamp;
  }

  /** Hands octets that follow what is known of a stream to its protocol. */
  #deliver(ip: Ipv4 | Ipv6, flow: number, at: number, end: number): void {
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
      this.#turnDeaf(flow); // longer than we care for
    }
  }

  /** Lets the protocol answer `[at, end)`, and keeps what it does not use. */
  #converse(ip: Ipv4 | Ipv6, flow: number, at: number, end: number): void {
    const { words } = this.#flows;
    const { exchange } = this.#application;
    exchange.transport = TCP;
    exchange.seed = words[flow + TIMESTAMP_OFFSET]!;
    exchange.peerAt = ip.header.srcAt;
    exchange.selfAt = ip.header.dstAt;
    exchange.addressLen = ip.header.addressLen;
    exchange.peerPort = this.header.srcPort;
    exchange.selfPort = this.header.dstPort;
    exchange.listening = this.#recorder.isListening;
    let restAt = at;
    while (restAt < end) {
      const next = this.#answerOne(flow, restAt, end);
      if (next === restAt) break;
      restAt = next;
    }
    this.#keep(flow, at, restAt, end);
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
      if (!this.output.keep(flow, answer.at, answer.end)) return at;
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
