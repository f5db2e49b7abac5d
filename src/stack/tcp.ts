/**
 * Transmission Control Protocol, the passive side of it: RFC 9293.
 *
 * A SYN is answered without remembering it. What the peer sends then has to
 * acknowledge our cookie; only with the first octet that does is a flow kept.
 * An answer that was lost is not kept to be sent again: the peer did not get
 * our acknowledgment of its request either, sends the request again, and is
 * answered again from the state before it.
 *
 * @module
 */

import type { Arena } from "../arena.ts";
import {
  type Cookies,
  FORGED,
  mssClass,
  mssOf,
  OFFERED_SACK,
  OFFERED_SCALE,
} from "../cookie.ts";
import {
  AGREED,
  AGREED_BEFORE,
  BUFFER,
  FILL_BEFORE,
  type FlowTable,
  IP_ID,
  NO_FLOW,
  PEER_TIMESTAMP,
  PROTOCOL,
  PROTOCOL_BEFORE,
  RCV_NXT,
  RCV_NXT_BEFORE,
  SKIP,
  SKIP_BEFORE,
  SND_MSS,
  SND_NXT,
  SND_NXT_BEFORE,
  SND_UNA,
  STATE,
  STATE_BEFORE,
  TIMESTAMP_OFFSET,
} from "../flow_table.ts";
import type { TcpPersona } from "../persona.ts";
import { CLOSE, DECLINE, MORE, TCP } from "../protocol.ts";
import type { Recorder } from "../record.ts";
import { NO_BUFFER, type RequestBuffers } from "../request_buffers.ts";
import { Tuple } from "../tuple.ts";
import { VERDICT } from "../verdict.ts";
import { seqAdd, seqBefore } from "../wire/seq.ts";
import {
  ACK,
  CWR,
  ECE,
  emitMss,
  emitPadding,
  emitSackPermitted,
  emitTcpReply,
  emitTimestamps,
  emitWindowScale,
  FIN,
  flagTcp,
  PSH,
  RST,
  sealTcp,
  SYN,
  TCP_HEADER_LEN,
  TcpHeader,
} from "../wire/tcp.ts";
import { type Application, NO_MATCH, UNDECIDED } from "./application.ts";
import type { Ipv4 } from "./ipv4.ts";
import type { Ipv6 } from "./ipv6.ts";
import type { Link } from "./link.ts";

// Values of the word PROTOCOL that are not an index.
const UNKNOWN = -1; // the octets so far do not tell
const DEAF = -2; // whatever comes is acknowledged and thrown away

// Bits of the word AGREED.
const SCALES = 0x01; // windows are scaled
const STAMPS = 0x02; // segments carry timestamps
const SENT_FIN = 0x04;
const GOT_FIN = 0x08;
const CLOSED = SENT_FIN | GOT_FIN;

const IDLE_MS = 60_000; // a flow that is silent for longer is forgotten
const WINDOW_MAX = 65_535;
const TIMESTAMPS_LEN = 12; // with its padding

/** TCP on either version of IP. */
export class Tcp {
  readonly #arena: Arena;
  readonly #link: Link;
  readonly #application: Application;
  readonly #persona: TcpPersona;
  readonly #cookies: Cookies;
  readonly #flows: FlowTable;
  readonly #buffers: RequestBuffers;
  readonly #recorder: Recorder;
  readonly #mtu: number;
  readonly #tuple = new Tuple();
  #clock = 0; // milliseconds, modulo 2^32

  /** Header of the segment received last. */
  readonly header: TcpHeader;
  /** Sequence number of the segment sent last. */
  sentSeq = 0;
  /** Acknowledgment number of the segment sent last. */
  sentAck = 0;
  /** Flags of the segment sent last. */
  sentFlags = 0;

  /**
   * Puts the layer on IP.
   *
   * @param arena Memory that frames are in.
   * @param link Link that IP is on.
   * @param application Where the octets of a stream go.
   * @param persona What segments look like.
   * @param cookies Maker of initial sequence numbers.
   * @param flows Where proven peers are remembered.
   * @param buffers Where unfinished requests wait.
   * @param recorder Who is told of every answered message.
   * @param mtu Largest IP packet of the link, in octets.
   */
  constructor(
    arena: Arena,
    link: Link,
    application: Application,
    persona: TcpPersona,
    cookies: Cookies,
    flows: FlowTable,
    buffers: RequestBuffers,
    recorder: Recorder,
    mtu: number,
  ) {
    this.#arena = arena;
    this.#link = link;
    this.#application = application;
    this.#persona = persona;
    this.#cookies = cookies;
    this.#flows = flows;
    this.#buffers = buffers;
    this.#recorder = recorder;
    this.#mtu = mtu;
    this.header = new TcpHeader(arena);
  }

  /**
   * Lets time pass.
   *
   * @param now Time, in milliseconds since 1970.
   */
  tick(now: number): void {
    this.#clock = now | 0;
    this.#cookies.tick(now);
    this.#flows.expire(this.#clock, IDLE_MS);
    this.#application.exchange.now = now;
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
    if (flags & SYN) return this.#receiveSyn(ip);
    if (flags & RST) return this.#receiveReset();
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
    const { hasOptions, windowScale, synFlags, acceptsEcn } = this.#persona;
    const { flags } = header;
    if ((flags & ~(SYN | synFlags)) !== 0) return VERDICT.tcp_flags;
    const asksForEcn = (flags & (ECE | CWR)) === (ECE | CWR);
    if (asksForEcn && !acceptsEcn) return VERDICT.tcp_flags;

    header.readOptions();
    const { hasTimestamps, sackPermitted, timestamp } = header;
    const bits = mssClass(header.mss) |
      (sackPermitted ? OFFERED_SACK : 0) |
      (header.windowScale >= 0 ? OFFERED_SCALE : 0);
    const cookie = this.#cookies.make(this.#tuple, header.seq, bits);

    const { view } = this.#arena;
    const at = ip.out;
    let end = at + TCP_HEADER_LEN;
    const stamps = hasOptions && hasTimestamps;
    if (hasOptions) {
      // In the order in which Linux writes them.
      end = emitMss(view, end, this.#ownMss(ip));
      if (sackPermitted && !hasTimestamps) end = emitPadding(view, end);
      if (sackPermitted) end = emitSackPermitted(view, end);
      if (hasTimestamps) {
        if (!sackPermitted) end = emitPadding(view, end);
        const ours = this.#clock + this.#cookies.entropy | 0;
        end = emitTimestamps(view, end, ours, timestamp);
      }
      if (header.windowScale >= 0) {
        end = emitWindowScale(view, end, windowScale);
      }
    }
    this.#finish(
      ip,
      cookie,
      seqAdd(header.seq, 1),
      SYN | ACK | (asksForEcn ? ECE : 0),
      this.#window(ip, stamps),
      end,
    );
    ip.send(end, 0);
    return VERDICT.tcp_syn_ack;
  }

  /** Forgets a flow that the peer resets: RFC 5961 §3.2. */
  #receiveReset(): number {
    const flow = this.#flows.find(this.#tuple);
    if (
      flow === NO_FLOW ||
      this.header.seq !== this.#flows.words[flow + RCV_NXT]
    ) return VERDICT.tcp_flags;
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
    const unacked = (words[flow + SND_NXT]! - ack) | 0;
    const ahead = (seq - words[flow + RCV_NXT]!) | 0;
    return unacked >= 0 && unacked <= WINDOW_MAX && ahead >= -WINDOW_MAX &&
      ahead <= WINDOW_MAX;
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
    const flow = this.#flows.add(this.#tuple, this.#clock);
    const { words } = this.#flows;
    const { hasOptions } = this.#persona;
    const stamps = hasOptions && header.hasTimestamps;
    words[flow + RCV_NXT] = seq;
    words[flow + SND_NXT] = ack;
    words[flow + SND_UNA] = ack;
    words[flow + SND_MSS] = Math.min(mssOf(bits), this.#ownMss(ip)) -
      (stamps ? TIMESTAMPS_LEN : 0);
    words[flow + AGREED] = (stamps ? STAMPS : 0) |
      (hasOptions && bits & OFFERED_SCALE ? SCALES : 0);
    words[flow + TIMESTAMP_OFFSET] = entropy;
    words[flow + IP_ID] = entropy;
    words[flow + PROTOCOL] = UNKNOWN;
    words[flow + BUFFER] = NO_BUFFER;
    words[flow + RCV_NXT_BEFORE] = seq;
    return this.#continue(ip, flow);
  }

  /** Takes a segment of a flow whose numbers are near enough. */
  #continue(ip: Ipv4 | Ipv6, flow: number): number {
    const { header } = this;
    const { words } = this.#flows;
    const { ack, flags, payloadEnd, seq } = header;
    const length = payloadEnd - header.payloadAt;
    const fin = flags & FIN; // which is 1, and takes one sequence number
    this.#flows.touch(flow, this.#clock);
    if (seqBefore(words[flow + SND_UNA]!, ack)) words[flow + SND_UNA] = ack;
    const isAllAcked = words[flow + SND_UNA] === words[flow + SND_NXT];
    if (isAllAcked) this.#releaseDrained(flow);

    if (length + fin === 0) {
      if (isAllAcked && (words[flow + AGREED]! & CLOSED) === CLOSED) {
        this.#flows.forget(flow);
        return VERDICT.tcp_acknowledged;
      }
      if (seq === words[flow + RCV_NXT]) return VERDICT.tcp_acknowledged;
      this.#sendEmpty(ip, flow, ACK); // a keep-alive, RFC 9293 §3.8.4
      return VERDICT.tcp_ack;
    }

    // Our answer did not arrive: the peer sends again what led to it, be it
    // along with what came before.
    const mayBeLost = !isAllAcked &&
      words[flow + RCV_NXT_BEFORE] !== words[flow + RCV_NXT];
    const before = (words[flow + RCV_NXT_BEFORE]! - seq) | 0;
    const isAgain = mayBeLost && before >= 0 && before < length + fin;
    if (isAgain) this.#goBack(flow);
    const known = (words[flow + RCV_NXT]! - seq) | 0;
    const isAhead = known < 0 && this.#persona.keepsOrder;
    if (isAhead || known >= length + fin || words[flow + AGREED]! & GOT_FIN) {
      if (mayBeLost && before >= length + fin) this.#sendFormerAck(ip, flow);
      else this.#sendEmpty(ip, flow, ACK);
      return VERDICT.tcp_ack;
    }

    this.#remember(flow);
    if (header.hasTimestamps) words[flow + PEER_TIMESTAMP] = header.timestamp;
    words[flow + RCV_NXT] = seqAdd(seq, length + fin);
    if (fin) words[flow + AGREED]! |= GOT_FIN;
    const payloadAt = header.payloadAt + Math.min(Math.max(known, 0), length);
    const hasAnswered = this.#deliver(
      ip,
      flow,
      payloadAt,
      payloadEnd,
      !isAgain,
    );
    if (fin && !(words[flow + AGREED]! & SENT_FIN)) {
      this.#sendEmpty(ip, flow, FIN | ACK);
      if (!hasAnswered) return VERDICT.tcp_fin_ack;
    } else if (!hasAnswered) {
      this.#sendEmpty(ip, flow, ACK);
    }
    return hasAnswered ? VERDICT.tcp_answer : VERDICT.tcp_ack;
  }

  /**
   * Acknowledges what came before the last segment, and not that one: if it
   * was acknowledged, the peer would not send it again for its lost answer.
   */
  #sendFormerAck(ip: Ipv4 | Ipv6, flow: number): void {
    const { words } = this.#flows;
    const rcvNxt = words[flow + RCV_NXT]!;
    const sndNxt = words[flow + SND_NXT]!;
    words[flow + RCV_NXT] = words[flow + RCV_NXT_BEFORE]!;
    words[flow + SND_NXT] = words[flow + SND_NXT_BEFORE]!;
    this.#sendEmpty(ip, flow, ACK);
    words[flow + RCV_NXT] = rcvNxt;
    words[flow + SND_NXT] = sndNxt;
  }

  /** Keeps what {@linkcode Tcp.#goBack} needs. */
  #remember(flow: number): void {
    const { words } = this.#flows;
    const buffer = words[flow + BUFFER]!;
    if (buffer !== NO_BUFFER) this.#buffers.compact(buffer);
    words[flow + RCV_NXT_BEFORE] = words[flow + RCV_NXT]!;
    words[flow + SND_NXT_BEFORE] = words[flow + SND_NXT]!;
    words[flow + AGREED_BEFORE] = words[flow + AGREED]!;
    words[flow + PROTOCOL_BEFORE] = words[flow + PROTOCOL]!;
    words[flow + STATE_BEFORE] = words[flow + STATE]!;
    words[flow + SKIP_BEFORE] = words[flow + SKIP]!;
    words[flow + FILL_BEFORE] = buffer === NO_BUFFER
      ? NO_BUFFER
      : this.#buffers.fills[buffer]!;
  }

  /** Makes a flow what it was before its last segment. */
  #goBack(flow: number): void {
    const { words } = this.#flows;
    words[flow + RCV_NXT] = words[flow + RCV_NXT_BEFORE]!;
    words[flow + SND_NXT] = words[flow + SND_NXT_BEFORE]!;
    words[flow + AGREED] = words[flow + AGREED_BEFORE]!;
    words[flow + PROTOCOL] = words[flow + PROTOCOL_BEFORE]!;
    words[flow + STATE] = words[flow + STATE_BEFORE]!;
    words[flow + SKIP] = words[flow + SKIP_BEFORE]!;
    const buffer = words[flow + BUFFER]!;
    const fill = words[flow + FILL_BEFORE]!;
    if (buffer === NO_BUFFER) return;
    if (fill < 0) {
      this.#buffers.release(buffer);
      words[flow + BUFFER] = NO_BUFFER;
    } else {
      this.#buffers.starts[buffer] = 0;
      this.#buffers.fills[buffer] = fill;
    }
  }

  /** Gives back a buffer that nobody will look into again. */
  #releaseDrained(flow: number): void {
    const { words } = this.#flows;
    const buffer = words[flow + BUFFER]!;
    if (buffer === NO_BUFFER) return;
    if (this.#buffers.starts[buffer] !== this.#buffers.fills[buffer]) return;
    this.#buffers.release(buffer);
    words[flow + BUFFER] = NO_BUFFER;
  }

  /**
   * Hands octets that follow what is known of a stream to its protocol.
   *
   * @returns Whether an answer, and with it an acknowledgment, was sent.
   */
  #deliver(
    ip: Ipv4 | Ipv6,
    flow: number,
    at: number,
    end: number,
    isNew: boolean,
  ): boolean {
    const { words } = this.#flows;
    const skipped = Math.min(words[flow + SKIP]!, end - at);
    words[flow + SKIP]! -= skipped;
    at += skipped;
    if (at === end || words[flow + PROTOCOL] === DEAF) return false;

    const buffer = words[flow + BUFFER]!;
    if (buffer !== NO_BUFFER) {
      if (!this.#buffers.append(buffer, at, end)) {
        this.#turnDeaf(flow);
        return false;
      }
      at = this.#buffers.at(buffer);
      end = at + this.#buffers.fills[buffer]!;
    }

    const { exchange } = this.#application;
    exchange.transport = TCP;
    exchange.seed = words[flow + TIMESTAMP_OFFSET]!;
    exchange.peerAt = ip.header.srcAt;
    exchange.selfAt = ip.header.dstAt;
    exchange.addressLen = ip.header.addressLen;
    exchange.peerPort = this.header.srcPort;
    exchange.selfPort = this.header.dstPort;
    exchange.listening = isNew && this.#recorder.isListening;
    const sndNxt = words[flow + SND_NXT]!;
    const restAt = this.#converse(ip, flow, at, end);
    this.#keep(flow, restAt, end);
    return words[flow + SND_NXT] !== sndNxt;
  }

  /**
   * Lets the protocol answer one message after the other.
   *
   * @returns Offset of the first octet that it has not used up.
   */
  #converse(ip: Ipv4 | Ipv6, flow: number, at: number, end: number): number {
    const { words } = this.#flows;
    const { exchange } = this.#application;
    while (at < end) {
      exchange.at = at;
      exchange.end = end;
      exchange.next = end;
      exchange.state = words[flow + STATE]!;
      if (words[flow + PROTOCOL] === UNKNOWN) {
        const found = this.#application.identify();
        if (found === UNDECIDED) return at;
        // Nobody's: the next segment gets a fresh look.
        if (found === NO_MATCH) return end;
        words[flow + PROTOCOL] = found;
      }
      const protocol = words[flow + PROTOCOL]!;
      const verdict = this.#application.reply(protocol);
      words[flow + STATE] = exchange.state;
      if (verdict === MORE) return at;
      if (
        verdict === DECLINE || exchange.answer.overflowed || exchange.next <= at
      ) {
        words[flow + PROTOCOL] = DEAF;
        return end;
      }
      const { answer } = exchange;
      if (answer.end > answer.at) {
        this.#sendAnswer(ip, flow, answer.at, answer.end);
      }
      if (exchange.noteCount > 0) this.#recorder.message(protocol, exchange);
      if (verdict === CLOSE) {
        words[flow + PROTOCOL] = DEAF;
        this.#sendEmpty(ip, flow, FIN | ACK);
        return end;
      }
      words[flow + SKIP] = Math.max(exchange.next - end, 0);
      at = Math.min(exchange.next, end);
    }
    return end;
  }

  /** Keeps the octets `[at, end)` of an unfinished message for later. */
  #keep(flow: number, at: number, end: number): void {
    const { words } = this.#flows;
    let buffer = words[flow + BUFFER]!;
    if (buffer !== NO_BUFFER) {
      this.#buffers.starts[buffer] = at - this.#buffers.at(buffer);
    } else if (at < end) {
      buffer = this.#buffers.take(flow);
      words[flow + BUFFER] = buffer;
      if (!this.#buffers.append(buffer, at, end)) this.#turnDeaf(flow);
    }
  }

  /** Stops listening to a flow whose message is longer than we care for. */
  #turnDeaf(flow: number): void {
    this.#buffers.release(this.#flows.words[flow + BUFFER]!);
    this.loseBuffer(flow);
  }

  /**
   * Goes on without a buffer that another flow needs more.
   *
   * @param flow The flow that loses it, and with it an unfinished request.
   */
  loseBuffer(flow: number): void {
    const { words } = this.#flows;
    words[flow + PROTOCOL] = DEAF;
    words[flow + BUFFER] = NO_BUFFER;
    words[flow + RCV_NXT_BEFORE] = words[flow + RCV_NXT]!; // no way back
  }

  /** Sends octets in as many segments as the peer's segment size asks for. */
  #sendAnswer(ip: Ipv4 | Ipv6, flow: number, at: number, end: number): void {
    const { words } = this.#flows;
    const mss = words[flow + SND_MSS]!;
    while (at < end) {
      const next = Math.min(at + mss, end);
      this.#sendSegment(ip, flow, next === end ? PSH | ACK : ACK, at, next);
      at = next;
    }
  }

  /** Sends a segment without payload. */
  #sendEmpty(ip: Ipv4 | Ipv6, flow: number, flags: number): void {
    this.#sendSegment(ip, flow, flags, 0, 0);
    if (flags & FIN) {
      const { words } = this.#flows;
      words[flow + SND_NXT] = seqAdd(words[flow + SND_NXT]!, 1);
      words[flow + AGREED]! |= SENT_FIN;
    }
  }

  /** Sends `[payloadAt, payloadEnd)` as the next segment of a flow. */
  #sendSegment(
    ip: Ipv4 | Ipv6,
    flow: number,
    flags: number,
    payloadAt: number,
    payloadEnd: number,
  ): void {
    const { bytes, view } = this.#arena;
    const { words } = this.#flows;
    const agreed = words[flow + AGREED]!;
    let end = ip.out + TCP_HEADER_LEN;
    if (agreed & STAMPS) {
      const ours = this.#clock + words[flow + TIMESTAMP_OFFSET]! | 0;
      end = emitPadding(view, end);
      end = emitTimestamps(view, end, ours, words[flow + PEER_TIMESTAMP]!);
    }
    const window = this.#window(ip, (agreed & STAMPS) !== 0);
    const shift = agreed & SCALES ? this.#persona.windowScale : 0;
    const seq = words[flow + SND_NXT]!;
    bytes.copyWithin(end, payloadAt, payloadEnd);
    const ack = words[flow + RCV_NXT]!;
    this.#finish(
      ip,
      seq,
      ack,
      flags,
      window >>> shift,
      end,
      payloadEnd - payloadAt,
    );
    words[flow + SND_NXT] = seqAdd(seq, payloadEnd - payloadAt);
    words[flow + IP_ID]!++;
    ip.send(end + payloadEnd - payloadAt, words[flow + IP_ID]!);
  }

  /** Writes the header in front of options that end at `headerEnd`. */
  #finish(
    ip: Ipv4 | Ipv6,
    seq: number,
    ack: number,
    flags: number,
    window: number,
    headerEnd: number,
    payloadLen = 0,
  ): void {
    const { view } = this.#arena;
    const at = ip.out;
    const end = headerEnd + payloadLen;
    emitTcpReply(view, at, this.header, seq, ack);
    flagTcp(view, at, headerEnd - at, flags, window);
    sealTcp(view, at, end, ip.header.pseudoSum(end - at));
    this.sentSeq = seq;
    this.sentAck = ack;
    this.sentFlags = flags;
  }

  /** Largest segment that fits a packet of ours, in octets. */
  #ownMss(ip: Ipv4 | Ipv6): number {
    const headers = ip.header.addressLen === 4 ? 40 : 60;
    return this.#mtu - headers;
  }

  /** Window that we announce, in octets: as many full segments as fit. */
  #window(ip: Ipv4 | Ipv6, stamps: boolean): number {
    if (!this.#persona.hasOptions) return WINDOW_MAX;
    const segment = this.#ownMss(ip) - (stamps ? TIMESTAMPS_LEN : 0);
    return WINDOW_MAX - WINDOW_MAX % segment;
  }
}
