/**
 * What TCP sends: the segments of a flow, cut to what the peer takes and sent
 * again when it shows that it missed them. RFC 9293 §3.8.
 *
 * Octets are kept from the first to the last that the peer has not
 * acknowledged. There is no timer: whoever wants an answer asks again.
 *
 * @module
 */

import type { Arena } from "../arena.ts";
import { type BufferPool, NO_BUFFER } from "../buffer_pool.ts";
import {
  AGREED,
  ANSWER,
  type FlowTable,
  IP_ID,
  PEER_TIMESTAMP,
  RCV_NXT,
  RUN_AT,
  SND_MSS,
  SND_NXT,
  SND_UNA,
  SND_WND,
  TIMESTAMP_OFFSET,
} from "../flow_table.ts";
import type { FlowLedger } from "../flow_ledger.ts";
import type { TcpPersona } from "../persona.ts";
import { seqAdd, seqBefore } from "../wire/seq.ts";
import {
  ACK,
  ECE,
  emitMss,
  emitPadding,
  emitSack,
  emitSackPermitted,
  emitTcpReply,
  emitTimestamps,
  emitWindowScale,
  FIN,
  flagTcp,
  PSH,
  sealTcp,
  SYN,
  TCP_HEADER_LEN,
  type TcpHeader,
} from "../wire/tcp.ts";
import type { Ipv4 } from "./ipv4.ts";
import type { Ipv6 } from "./ipv6.ts";
import type { TcpReassembly } from "./tcp_reassembly.ts";

/** Bits of the word AGREED: shift count of the peer's window. */
export const PEER_SHIFT = 0x0f;
/** Bit of the word AGREED: segments carry timestamps. */
export const STAMPS = 0x10;
/** Bit of the word AGREED: our windows are scaled. */
export const SCALES = 0x20;
/** Bit of the word AGREED: we sent a FIN. */
export const SENT_FIN = 0x40;
/** Bit of the word AGREED: the peer sent a FIN. */
export const GOT_FIN = 0x80;
/** Bit of the word AGREED: a FIN is to follow what waits to be sent. */
export const WANTS_FIN = 0x100;
/** Bit of the word AGREED: the peer's FIN came first. */
export const PEER_FIRST = 0x200;
/** Bit of the word AGREED: something is not yet acknowledged. */
export const OWES_ACK = 0x400;
/** Bit of the word AGREED: the peer reads selective acknowledgments. */
export const SACKS = 0x800;
/** Bit of the word AGREED: a router said that it is congested. */
export const CONGESTED = 0x1000;
/** Bit of the word AGREED: the peer is greeted if it says nothing. */
export const AWAITS_GREETING = 0x2000;

/** Bit of the timestamp of a SYN-ACK: the peer permits SACK. */
export const SAID_SACK = 1;
/** Octets that a timestamps option takes, with its padding. */
export const TIMESTAMPS_LEN = 12;

const WINDOW_MAX = 65_535;
const IP_AND_TCP_LEN4 = 40;
const IP_AND_TCP_LEN6 = 60;

/** Sends segments in answer to the one received last. */
export class TcpOutput {
  readonly #arena: Arena;
  readonly #persona: TcpPersona;
  readonly #flows: FlowTable;
  readonly #answers: BufferPool;
  readonly #ledger: FlowLedger;
  readonly #reassembly: TcpReassembly;
  readonly #request: TcpHeader;
  readonly #mtu: number;

  /** Time, in milliseconds, modulo 2^32. */
  clock = 0;
  /** Number of segments sent so far, modulo 2^31. */
  count = 0;
  /** Sequence number of the segment sent last. */
  seq = 0;
  /** Acknowledgment number of the segment sent last. */
  ack = 0;
  /** Flags of the segment sent last. */
  flags = 0;

  /**
   * Makes an output.
   *
   * @param arena Memory that frames are in.
   * @param persona What segments look like.
   * @param flows Where proven peers are remembered.
   * @param answers Where octets wait to be acknowledged.
   * @param ledger Where it is counted what is sent.
   * @param reassembly What it acknowledges selectively.
   * @param request Header of the segment received last.
   * @param mtu Largest IP packet of the link, in octets.
   */
  constructor(
    arena: Arena,
    persona: TcpPersona,
    flows: FlowTable,
    answers: BufferPool,
    ledger: FlowLedger,
    reassembly: TcpReassembly,
    request: TcpHeader,
    mtu: number,
  ) {
    this.#arena = arena;
    this.#persona = persona;
    this.#flows = flows;
    this.#answers = answers;
    this.#ledger = ledger;
    this.#reassembly = reassembly;
    this.#request = request;
    this.#mtu = mtu;
  }

  /**
   * Answers a SYN, with the options that it offered and that the persona has.
   *
   * @param ip IP layer that received it.
   * @param cookie Our sequence number.
   * @param timestampOffset What our timestamps are ahead of the time.
   * @param acceptsEcn Whether to agree to explicit congestion notification.
   */
  synAck(
    ip: Ipv4 | Ipv6,
    cookie: number,
    timestampOffset: number,
    acceptsEcn: boolean,
  ): void {
    const { view } = this.#arena;
    const { hasOptions, windowScale } = this.#persona;
    const { hasTimestamps, sackPermitted, seq, timestamp } = this.#request;
    let end = ip.out + TCP_HEADER_LEN;
    if (hasOptions) {
      // In the order in which Linux writes them.
      end = emitMss(view, end, this.ownMss(ip));
      if (sackPermitted && !hasTimestamps) end = emitPadding(view, end);
      if (sackPermitted) end = emitSackPermitted(view, end);
      if (hasTimestamps) {
        if (!sackPermitted) end = emitPadding(view, end);
        // Its last bit comes back with the peer's first segment, and tells
        // what is not in the cookie.
        const ours = (this.clock + timestampOffset - 1) & ~1;
        const bit = sackPermitted ? SAID_SACK : 0;
        end = emitTimestamps(view, end, ours | bit, timestamp);
      }
      if (this.#request.windowScale >= 0) {
        end = emitWindowScale(view, end, windowScale);
      }
    }
    const flags = SYN | ACK | (acceptsEcn ? ECE : 0);
    const window = this.#window(ip, hasOptions && hasTimestamps);
    this.#finish(ip, cookie, seqAdd(seq, 1), flags, window, end, end);
    ip.send(end, 0);
  }

  /**
   * Acknowledges what was received.
   *
   * @param ip IP layer that received it.
   * @param flow Flow of the segment.
   */
  acknowledge(ip: Ipv4 | Ipv6, flow: number): void {
    this.#segment(ip, flow, this.#flows.words[flow + SND_NXT]!, ACK, 0, 0);
  }

  /**
   * Sends what waits and the peer has room for, and a FIN if one is to follow.
   *
   * @param ip IP layer to send it by.
   * @param flow Flow that it belongs to.
   */
  push(ip: Ipv4 | Ipv6, flow: number): void {
    const { words } = this.#flows;
    if (words[flow + AGREED]! & SENT_FIN) return;
    this.#transmit(ip, flow, words[flow + SND_NXT]!);
  }

  /**
   * Sends again what the peer has not acknowledged, and then what waits.
   *
   * @param ip IP layer to send it by.
   * @param flow Flow that it belongs to.
   */
  repeat(ip: Ipv4 | Ipv6, flow: number): void {
    this.#transmit(ip, flow, this.#flows.words[flow + SND_UNA]!);
  }

  /**
   * Sends what is kept from `seq` on, within the peer's window, and the FIN
   * behind it: with the last octets, so that neither is lost without the other.
   */
  #transmit(ip: Ipv4 | Ipv6, flow: number, seq: number): void {
    const { words } = this.#flows;
    const buffer = words[flow + ANSWER]!;
    const first = words[flow + SND_UNA]!;
    const end = seqAdd(first, this.#answers.lengthOf(buffer));
    const limit = seqAdd(first, words[flow + SND_WND]!);
    const stop = seqBefore(limit, end) ? limit : end;
    const fin = words[flow + AGREED]! & WANTS_FIN ? FIN : 0;
    while (seqBefore(seq, stop)) {
      const at = this.#answers.at(buffer) + ((seq - first) | 0);
      const length = Math.min(words[flow + SND_MSS]!, (stop - seq) | 0);
      const next = seqAdd(seq, length);
      const flags = next === end ? fin | PSH | ACK : ACK;
      this.#segment(ip, flow, seq, flags, at, at + length);
      this.#advance(flow, next);
      if (next === end && fin) return this.#sayFin(flow, end);
      seq = next;
    }
    if (seq !== end || !fin) return;
    this.#segment(ip, flow, end, FIN | ACK, 0, 0);
    this.#sayFin(flow, end);
  }

  /** Notes that all before `next` was sent at least once. */
  #advance(flow: number, next: number): void {
    const { words } = this.#flows;
    if (seqBefore(words[flow + SND_NXT]!, next)) words[flow + SND_NXT] = next;
  }

  /** Notes that a FIN was sent behind `end`. */
  #sayFin(flow: number, end: number): void {
    const { words } = this.#flows;
    const closed = words[flow + AGREED]! & (SENT_FIN | GOT_FIN);
    if (closed === GOT_FIN) words[flow + AGREED]! |= PEER_FIRST;
    words[flow + AGREED]! |= SENT_FIN;
    this.#advance(flow, seqAdd(end, 1));
  }

  /** Sends `[payloadAt, payloadEnd)` as one segment of a flow. */
  #segment(
    ip: Ipv4 | Ipv6,
    flow: number,
    seq: number,
    flags: number,
    payloadAt: number,
    payloadEnd: number,
  ): void {
    const { bytes, view } = this.#arena;
    const { words } = this.#flows;
    const agreed = words[flow + AGREED]!;
    let headerEnd = ip.out + TCP_HEADER_LEN;
    if (agreed & STAMPS) {
      const ours = this.clock + words[flow + TIMESTAMP_OFFSET]! | 0;
      headerEnd = emitPadding(view, headerEnd);
      headerEnd = emitTimestamps(
        view,
        headerEnd,
        ours,
        words[flow + PEER_TIMESTAMP]!,
      );
    }
    const runLen = this.#reassembly.lengthOf(flow);
    if (runLen > 0 && agreed & SACKS && payloadAt === payloadEnd) {
      const runAt = words[flow + RUN_AT]!;
      headerEnd = emitPadding(view, headerEnd);
      headerEnd = emitSack(view, headerEnd, runAt, seqAdd(runAt, runLen));
    }
    if (agreed & CONGESTED) flags |= ECE;
    const window = this.#window(ip, (agreed & STAMPS) !== 0) >>>
      (agreed & SCALES ? this.#persona.windowScale : 0);
    const end = headerEnd + payloadEnd - payloadAt;
    if (end > headerEnd) bytes.copyWithin(headerEnd, payloadAt, payloadEnd);
    const ack = words[flow + RCV_NXT]!;
    const packetLen = ip.overhead + end - ip.out;
    this.#ledger.said(flow, flags, payloadEnd - payloadAt, packetLen);
    this.#finish(ip, seq, ack, flags, window, headerEnd, end);
    words[flow + AGREED] = agreed & ~OWES_ACK;
    words[flow + IP_ID]!++;
    ip.send(end, words[flow + IP_ID]!);
  }

  /** Writes the header in front of options that end at `headerEnd`. */
  #finish(
    ip: Ipv4 | Ipv6,
    seq: number,
    ack: number,
    flags: number,
    window: number,
    headerEnd: number,
    end: number,
  ): void {
    const { view } = this.#arena;
    const at = ip.out;
    emitTcpReply(view, at, this.#request, seq, ack);
    flagTcp(view, at, headerEnd - at, flags, window);
    sealTcp(view, at, end, ip.header.pseudoSum(end - at));
    this.count = (this.count + 1) & 0x7fffffff;
    this.seq = seq;
    this.ack = ack;
    this.flags = flags;
  }

  /**
   * Computes the largest segment that fits a packet of ours.
   *
   * @param ip IP layer that would send it.
   * @returns Its payload, in octets.
   */
  ownMss(ip: Ipv4 | Ipv6): number {
    return this.#mtu -
      (ip.header.addressLen === 4 ? IP_AND_TCP_LEN4 : IP_AND_TCP_LEN6);
  }

  /** Window that we announce, in octets: as many full segments as fit. */
  #window(ip: Ipv4 | Ipv6, stamps: boolean): number {
    if (!this.#persona.hasOptions) return WINDOW_MAX;
    const segment = this.ownMss(ip) - (stamps ? TIMESTAMPS_LEN : 0);
    return WINDOW_MAX - WINDOW_MAX % segment;
  }

  /**
   * Keeps octets until the peer has acknowledged them.
   *
   * @param flow Flow that they belong to.
   * @param at Offset of the first octet.
   * @param end Offset one past the last.
   * @returns Whether there was room for them.
   */
  keep(flow: number, at: number, end: number): boolean {
    const { words } = this.#flows;
    if (words[flow + ANSWER] === NO_BUFFER) {
      words[flow + ANSWER] = this.#answers.take(flow);
    }
    return this.#answers.append(words[flow + ANSWER]!, at, end);
  }

  /**
   * Forgets what the peer acknowledges.
   *
   * @param flow Flow of the acknowledgment.
   * @param ack Its number, between `SND_UNA` and `SND_NXT`.
   * @returns Whether it is news.
   */
  takeAck(flow: number, ack: number): boolean {
    const { words } = this.#flows;
    const acked = (ack - words[flow + SND_UNA]!) | 0;
    if (acked <= 0) return false;
    words[flow + SND_UNA] = ack;
    const buffer = words[flow + ANSWER]!;
    if (buffer === NO_BUFFER) return true;
    const length = this.#answers.lengthOf(buffer);
    this.#answers.drop(buffer, Math.min(acked, length)); // a FIN is not there
    if (acked >= length) {
      this.#answers.release(buffer);
      words[flow + ANSWER] = NO_BUFFER;
    }
    return true;
  }
}
