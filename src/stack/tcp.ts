/**
 * Transmission Control Protocol, the passive side of it: RFC 9293.
 *
 * A SYN is answered without remembering it. What the peer sends then has to
 * acknowledge our cookie; only with the first octet that does is a flow kept.
 *
 * @module
 */

import type { Arena } from "../arena.ts";
import { NO_BUFFER } from "../buffer_pool.ts";
import {
  bitsOf,
  type Cookies,
  FORGED,
  mssOf,
  windowScaleOf,
} from "../cookie.ts";
import {
  AGREED,
  AHEAD,
  ANSWER,
  type FlowTable,
  IP_ID,
  NO_FLOW,
  PEER_TIMESTAMP,
  PROTOCOL,
  RCV_NXT,
  REQUEST,
  SEED,
  SND_MSS,
  SND_NXT,
  SND_UNA,
  SND_WND,
  TIMESTAMP_OFFSET,
} from "../flow_table.ts";
import type { TcpPersona } from "../persona.ts";
import type { FlowLedger } from "../flow_ledger.ts";
import type { Recorder } from "../record/recorder.ts";
import { EVERY_PORT, hasPort, type PortSet } from "../ports.ts";
import { Tuple } from "../tuple.ts";
import { VERDICT } from "../verdict.ts";
import { seqAdd } from "../wire/seq.ts";
import { ACK, CWR, ECE, FIN, PSH, RST, SYN, TcpHeader } from "../wire/tcp.ts";
import { type Application, NO_MATCH } from "./application.ts";
import type { Ipv4 } from "./ipv4.ts";
import type { Ipv6 } from "./ipv6.ts";
import type { Link } from "./link.ts";
import type { TcpMemory } from "./tcp_memory.ts";
import {
  AWAITS_GREETING,
  CONGESTED,
  GOT_FIN,
  OWES_ACK,
  PEER_FIRST,
  PEER_SHIFT,
  SACKS,
  SAID_SACK,
  SCALES,
  STAMPS,
  TcpOutput,
  TIMESTAMPS_LEN,
  WANTS_FIN,
} from "./tcp_output.ts";
import { TcpReassembly } from "./tcp_reassembly.ts";
import { TcpStream, UNKNOWN } from "./tcp_stream.ts";

const IDLE_MS = 60_000; // a flow that is silent for longer is forgotten
const WINDOW_MAX = 65_535;
const GREETING_TURNS = 16;
const CONGESTION_EXPERIENCED = 3; // RFC 3168 §5

/** TCP on either version of IP. */
export class Tcp {
  readonly #arena: Arena;
  readonly #link: Link;
  readonly #application: Application;
  readonly #persona: TcpPersona;
  readonly #cookies: Cookies;
  readonly #flows: FlowTable;
  readonly #ledger: FlowLedger;
  readonly #reassembly: TcpReassembly;
  readonly #stream: TcpStream;
  readonly #openPorts: PortSet;
  readonly #tuple = new Tuple();

  /** Header of the segment received last. */
  readonly header: TcpHeader;
  /** Sender of segments. */
  readonly output: TcpOutput;
  /** What tells the connection of the segment received last from others. */
  seed = 0;
  /**
   * Whether the segment received last is a handshake to be greeted, unless the
   * peer speaks first.
   */
  awaitsGreeting = false;
  /** Whether the segment received last proved that its sender is there. */
  isProof = false;

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
   * @param openPorts Ports where connections are accepted.
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
    openPorts: PortSet = EVERY_PORT.tcp,
  ) {
    const { ahead, answers, flows, ledger } = memory;
    this.#arena = arena;
    this.#link = link;
    this.#application = application;
    this.#persona = persona;
    this.#cookies = cookies;
    this.#flows = flows;
    this.#ledger = ledger;
    this.#reassembly = new TcpReassembly(flows, ahead);
    this.#openPorts = openPorts;
    this.header = new TcpHeader(arena);
    this.output = new TcpOutput(
      arena,
      persona,
      flows,
      answers,
      ledger,
      this.#reassembly,
      this.header,
      mtu,
    );
    this.#stream = new TcpStream(
      application,
      memory,
      recorder,
      this.header,
      this.output,
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
    this.awaitsGreeting = false;
    this.isProof = false;
    if (!header.open(payloadAt, payloadEnd)) return VERDICT.transport_malformed;
    if (
      !this.#link.isUnsummed &&
      !header.sumsUp(ip.header.pseudoSum(header.length))
    ) return VERDICT.checksum_wrong;
    if (header.srcPort === 0) return VERDICT.port_zero;
    if (!hasPort(this.#openPorts, header.dstPort)) return VERDICT.port_closed;

    this.#fillTuple(ip);
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

  /**
   * Greets whoever sent the packet received last, long ago, if it has not said
   * anything since; and again as long as it does not say that it heard.
   *
   * @param ip IP layer that received it, a handshake that
   * {@linkcode Tcp.awaitsGreeting} was true for.
   * @param turn How many times this was called for it before.
   * @returns Whether it may have to be called once more.
   */
  greet(ip: Ipv4 | Ipv6, turn: number): boolean {
    const { header, output } = this;
    const { words } = this.#flows;
    header.open(ip.header.payloadAt, ip.header.payloadEnd);
    this.#fillTuple(ip);
    const flow = this.#flows.find(this.#tuple);
    if (
      flow === NO_FLOW ||
      !(words[flow + AGREED]! & AWAITS_GREETING) ||
      words[flow + RCV_NXT] !== header.seq ||
      words[flow + SND_UNA] !== header.ack
    ) return false;
    if (turn === 0) {
      const greeter = this.#application.greeterOf(header.dstPort);
      this.#stream.greet(ip, flow, greeter);
    } else if ((turn & (turn - 1)) === 0) { // ever more seldom
      output.repeat(ip, flow);
    }
    return words[flow + SND_UNA] !== words[flow + SND_NXT] &&
      turn < GREETING_TURNS;
  }

  #fillTuple(ip: Ipv4 | Ipv6): void {
    this.#tuple.fill(
      this.#arena.view,
      ip.header.srcAt,
      ip.header.addressLen,
      this.header.portsAt,
      this.#link.vlan,
    );
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
    const timestampOffset = this.#timestampOffset();
    this.output.synAck(ip, cookie, timestampOffset, asksForEcn);
    return VERDICT.tcp_syn_ack;
  }

  /**
   * Forgets a flow that the peer resets. One that guesses gets a challenge,
   * which the true peer resets by the right number: RFC 5961 §3.2.
   */
  #receiveReset(ip: Ipv4 | Ipv6): number {
    const flow = this.#flows.find(this.#tuple);
    if (flow === NO_FLOW) return VERDICT.tcp_flags;
    const ahead = (this.header.seq - this.#flows.words[flow + RCV_NXT]!) | 0;
    if (ahead < 0 || ahead > WINDOW_MAX) return VERDICT.tcp_flags;
    this.#hear(ip, flow);
    if (ahead > 0) {
      this.output.acknowledge(ip, flow);
      return VERDICT.tcp_ack;
    }
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

  /**
   * Takes the first segment of a connection that says more than "I heard", or
   * that much to a port where clients wait for a greeting.
   */
  #begin(ip: Ipv4 | Ipv6, formerFlow: number = NO_FLOW): number {
    const { header } = this;
    const { ack, flags, seq } = header;
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
    const isEmpty = header.payloadAt === header.payloadEnd &&
      !(flags & FIN) && !this.#hasToAcknowledge(flags);
    if (isEmpty && this.#application.greeterOf(header.dstPort) === NO_MATCH) {
      return VERDICT.tcp_handshake_ack;
    }

    this.isProof = true;
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
    const sacks = stamps && (header.timestampEcho & SAID_SACK) !== 0;
    words[flow + AGREED] = Math.max(shift, 0) | (shift < 0 ? 0 : SCALES) |
      (stamps ? STAMPS : 0) | (sacks ? SACKS : 0);
    words[flow + PEER_TIMESTAMP] = header.timestamp;
    words[flow + TIMESTAMP_OFFSET] = this.#timestampOffset();
    words[flow + IP_ID] = entropy;
    words[flow + SEED] = entropy;
    words[flow + PROTOCOL] = UNKNOWN;
    words[flow + REQUEST] = NO_BUFFER;
    words[flow + ANSWER] = NO_BUFFER;
    words[flow + AHEAD] = NO_BUFFER;
    const { view } = this.#arena;
    const macAt = this.#link.header.srcAt;
    this.#ledger.open(flow, view.getUint16(macAt), view.getInt32(macAt + 2));
    if (!isEmpty) return this.#continue(ip, flow);
    this.#hear(ip, flow);
    words[flow + SND_WND] = this.#windowOf(flow);
    words[flow + AGREED]! |= AWAITS_GREETING;
    this.awaitsGreeting = true;
    return VERDICT.tcp_handshake_ack;
  }

  /**
   * What our timestamps are ahead of the time. As of Linux 6.1, it hangs on the
   * hosts alone, so that their clocks go forward from one connection to the
   * next.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc7323#section-5.4 | RFC 7323 §5.4}
   */
  #timestampOffset(): number {
    return this.#cookies.ofHosts(this.#tuple);
  }

  /** Room that the segment received last says its sender has, in octets. */
  #windowOf(flow: number): number {
    return this.header.window <<
      (this.#flows.words[flow + AGREED]! & PEER_SHIFT);
  }

  /** Counts the segment received last. */
  #hear(ip: Ipv4 | Ipv6, flow: number): void {
    const { flags, payloadAt, payloadEnd } = this.header;
    const packetLen = ip.header.payloadEnd - ip.header.at;
    this.seed = this.#flows.words[flow + SEED]!;
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
    words[flow + SND_WND] = this.#windowOf(flow);
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
    else this.#stream.goOn(ip, flow);
    if (isAllAcked && words[flow + AGREED]! & OWES_ACK) {
      output.acknowledge(ip, flow);
    }
    if (output.count === sent && this.#hasToAcknowledge(this.header.flags)) {
      output.acknowledge(ip, flow);
      return VERDICT.tcp_ack;
    }
    return output.count === sent
      ? VERDICT.tcp_acknowledged
      : VERDICT.tcp_answer;
  }

  /** Whether a segment asks for an acknowledgment although it says nothing. */
  #hasToAcknowledge(flags: number): boolean {
    return (flags & PSH) !== 0 && this.#persona.acknowledgesPush;
  }

  /**
   * Repeats a router's mark to the sender until that says it has heard:
   * RFC 3168 §6.1.3. Only who agreed on it sends packets that can be marked.
   */
  #noteCongestion(ip: Ipv4 | Ipv6, flow: number): void {
    const { words } = this.#flows;
    if (this.header.flags & CWR) words[flow + AGREED]! &= ~CONGESTED;
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
    const { hasTimestamps, timestamp } = this.header;
    if (!hasTimestamps || known < 0) return;
    if (((timestamp - words[flow + PEER_TIMESTAMP]!) | 0) < 0) return;
    words[flow + PEER_TIMESTAMP] = timestamp;
  }
}
