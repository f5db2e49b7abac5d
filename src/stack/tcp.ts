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
  TIMESTAMP_OFFSET,
} from "../flow_table.ts";
import type { TcpPersona } from "../persona.ts";
import type { FlowLedger } from "../flow_ledger.ts";
import type { Recorder } from "../record/recorder.ts";
import { EVERY_PORT, hasPort, type PortSet } from "../ports.ts";
import { Tuple } from "../tuple.ts";
import { VERDICT } from "../verdict.ts";
import { seqAdd } from "../wire/seq.ts";
import { ACK, CWR, ECE, FIN, RST, SYN, TcpHeader } from "../wire/tcp.ts";
import { type Application, NO_MATCH } from "./application.ts";
import type { Ipv4 } from "./ipv4.ts";
import type { Ipv6 } from "./ipv6.ts";
import type { Link } from "./link.ts";
import { TcpConversation, WINDOW_MAX } from "./tcp_conversation.ts";
import type { TcpMemory } from "./tcp_memory.ts";
import {
  AWAITS_GREETING,
  SACKS,
  SAID_SACK,
  SCALES,
  STAMPS,
  TcpOutput,
  TIMESTAMPS_LEN,
} from "./tcp_output.ts";
import { TcpReassembly } from "./tcp_reassembly.ts";
import { TcpStream, UNKNOWN } from "./tcp_stream.ts";

const IDLE_MS = 60_000; // a flow that is silent for longer is forgotten
const GREETING_TURNS = 16;

/** TCP on either version of IP. */
export class Tcp {
  readonly #arena: Arena;
  readonly #link: Link;
  readonly #application: Application;
  readonly #persona: TcpPersona;
  readonly #cookies: Cookies;
  readonly #flows: FlowTable;
  readonly #ledger: FlowLedger;
  readonly #stream: TcpStream;
  readonly #conversation: TcpConversation;
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
  /**
   * Whether the segment received last proved that its sender is there: set
   * here, and taken back by the stack before the next frame.
   */
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
    const reassembly = new TcpReassembly(flows, ahead);
    this.#openPorts = openPorts;
    this.header = new TcpHeader(arena);
    this.output = new TcpOutput(
      arena,
      persona,
      flows,
      answers,
      ledger,
      reassembly,
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
    this.#conversation = new TcpConversation(
      persona,
      memory,
      reassembly,
      this.#stream,
      this.output,
      this.header,
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
    this.#ledger.tick(now, timeOfDay);
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
    if (this.#conversation.isInWindow(flow)) return this.#take(ip, flow);
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
    this.isProof = true;
    this.seed = this.#cookies.entropy;
    const isEmpty = header.payloadAt === header.payloadEnd &&
      !(flags & FIN) && !this.#conversation.asksForAck;
    if (isEmpty && this.#application.greeterOf(header.dstPort) === NO_MATCH) {
      return VERDICT.tcp_handshake_ack;
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
    if (!isEmpty) return this.#take(ip, flow);
    this.#hear(ip, flow);
    this.#conversation.takeWindow(flow);
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

  /** Takes a segment of a flow. */
  #take(ip: Ipv4 | Ipv6, flow: number): number {
    this.seed = this.#flows.words[flow + SEED]!;
    return this.#conversation.take(ip, flow);
  }

  /** Counts a segment of a flow that is about to begin or to end. */
  #hear(ip: Ipv4 | Ipv6, flow: number): void {
    this.seed = this.#flows.words[flow + SEED]!;
    this.#conversation.hear(ip, flow);
  }
}
