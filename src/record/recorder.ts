/**
 * What the packet loop tells the control thread.
 *
 * Records are written into plain buffers that are handed to the control thread
 * when full and handed back when read. When none is at hand, a record is
 * dropped and counted: the packet loop never waits.
 *
 * @module
 */

import type { FlowFacts } from "../flow_ledger.ts";
import type { Exchange } from "../protocol.ts";
import { isExchange } from "../verdict.ts";
import type { FrameFacts } from "./facts.ts";
import {
  ACK,
  ADDRESS_LEN,
  ANSWER_FIELD,
  ANSWER_LEN,
  ANSWER_MAX,
  BITS,
  BUFFER_LEN,
  COUNT,
  COUNT_LEN,
  DEPTH,
  DEPTH_OF,
  DROPPED,
  DST,
  DST_PORT,
  ETHERTYPE,
  FLOW_LEN,
  FRAME,
  HAS_TARGET,
  IS_NEWS,
  IS_PROOF,
  KIND,
  LISTEN,
  type Listen,
  LISTEN_FRAMES,
  LISTEN_HANDSHAKES,
  MACS,
  MESSAGE,
  MORE_OF,
  NOTE_HEADER_LEN,
  NOTE_MAX,
  NOTES,
  PACKET,
  PACKET_LEN,
  PACKET_MAX,
  PAYLOAD_FIELD,
  PROTOCOL,
  REQUEST_LEN,
  SEED,
  SENT_ACK,
  SENT_FLAGS,
  SENT_LEN,
  SENT_SEQ,
  SEQ,
  SRC,
  SRC_PORT,
  TARGET,
  TIME,
  TYPE_CODE,
  VLAN,
  WHAT,
} from "./layout.ts";
import { writeFlow } from "./flow_record.ts";
import { News } from "./news.ts";

const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;

/** Takes a buffer whose first `length` octets are records. */
export type Ship = (buffer: ArrayBuffer, length: number) => void;

/** Writes records. */
export class Recorder {
  readonly #bytes: Uint8Array;
  readonly #memory: DataView;
  readonly #ship: Ship;
  readonly #listen: Listen;
  readonly #news: News;
  readonly #reserve: number;
  readonly #spare: ArrayBuffer[] = [];
  #buffer: ArrayBuffer | undefined;
  #isReserved = false; // the buffer: not for frames
  #out: Uint8Array = new Uint8Array(0);
  #view = new DataView(new ArrayBuffer(0));
  #end = 0;
  #now = 0;
  #second = 0;
  #isNews = false;
  #isProof = false;
  #isEnding = false;
  #droppedTold = 0;

  /** Records that were dropped for want of a buffer. */
  dropped = 0;

  /**
   * Makes a recorder without buffers.
   *
   * @param bytes Memory that frames are in.
   * @param listen What is recorded.
   * @param ship Called with buffers that are to be read.
   * @param reserve How many buffers frames leave to what is rarer and tells
   * more: messages, connections and news.
   */
  constructor(bytes: Uint8Array, listen: Listen, ship: Ship, reserve = 0) {
    this.#bytes = bytes;
    this.#reserve = reserve;
    this.#memory = new DataView(
      bytes.buffer,
      bytes.byteOffset,
      bytes.byteLength,
    );
    this.#listen = listen;
    this.#news = new News(listen);
    this.#ship = ship;
  }

  /** Whether anybody wants to know anything. */
  get isListening(): boolean {
    return this.#listen !== LISTEN.nothing;
  }

  /** Whether somebody wants to know of every connection. */
  get wantsExchanges(): boolean {
    return (this.#listen & LISTEN.exchanges) !== 0;
  }

  /** Whether there is something to ship. */
  get hasRecords(): boolean {
    return this.#end > 0;
  }

  /**
   * Gives the recorder a buffer to write to.
   *
   * @param buffer Buffer of {@linkcode BUFFER_LEN} octets.
   */
  give(buffer: ArrayBuffer): void {
    this.#spare.push(buffer);
  }

  /**
   * Ends the packet loop: what is recorded from now on is not dropped, for
   * there is time and memory for it.
   */
  end(): void {
    this.#isEnding = true;
  }

  /** Tells the last counts and ships what has been written. */
  finish(): void {
    this.end();
    this.#tellUntold();
    if (this.dropped !== this.#droppedTold) this.#begin(0); // tells that first
    this.flush();
  }

  /** Ships what has been written. */
  flush(): void {
    if (this.#buffer === undefined || this.#end === 0) return;
    const [buffer, length] = [this.#buffer, this.#end];
    this.#buffer = undefined;
    this.#end = 0;
    this.#ship(buffer, length);
  }

  /**
   * Lets time pass: once a second, tells how many events were not told.
   *
   * @param now Time, in milliseconds since 1970.
   */
  tick(now: number): void {
    this.#now = now;
    const second = Math.floor(now / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.#tellUntold();
  }

  #tellUntold(): void {
    for (let sort = 0; sort < this.#news.sorts; sort++) {
      const untold = this.#news.takeUntold(sort);
      if (untold > 0 && this.#begin(COUNT_LEN)) {
        this.#putCount(MORE_OF, sort, untold);
      }
    }
  }

  #putCount(kind: number, what: number, count: number): void {
    this.#view.setUint8(this.#end + KIND, kind);
    this.#view.setUint8(this.#end + WHAT, what);
    this.#view.setUint32(this.#end + COUNT, count);
    this.#finish(COUNT_LEN);
  }

  /**
   * Tells whether a frame is to be recorded, and counts it. In a flood that
   * nobody keeps up with, this is all that most frames cost.
   *
   * @param verdict What became of it.
   * @param isProof Whether it proves that its sender got our SYN-ACK.
   */
  wantsFrame(verdict: number, isProof: boolean): boolean {
    this.#isNews = this.#news.ofFrame(verdict);
    this.#isProof = isProof;
    if (this.#isNews) return true;
    const isWanted = (this.#listen & LISTEN_FRAMES) !== 0 ||
      (isProof && (this.#listen & LISTEN_HANDSHAKES) !== 0) ||
      (this.wantsExchanges && isExchange(verdict));
    if (!isWanted || this.#hasRoomForFrames) return isWanted;
    this.dropped++;
    return false;
  }

  get #hasRoomForFrames(): boolean {
    return (this.#buffer !== undefined && !this.#isReserved) ||
      this.#spare.length > this.#reserve || this.#isEnding;
  }

  /**
   * Records a frame that {@linkcode Recorder.wantsFrame}.
   *
   * @param verdict What became of it.
   * @param facts What it was.
   */
  frame(verdict: number, facts: FrameFacts): void {
    const isShown = this.wantsExchanges || this.#isNews;
    const kept = isShown && facts.depth >= DEPTH_OF.ip
      ? Math.min(facts.packetEnd - facts.packetAt, PACKET_MAX)
      : 0;
    const length = PACKET + kept;
    if (!this.#begin(length)) return;
    const at = this.#end;
    const view = this.#view;
    view.setUint8(at + KIND, FRAME);
    view.setUint8(at + WHAT, verdict);
    view.setUint8(at + DEPTH, facts.depth);
    view.setUint8(at + ADDRESS_LEN, facts.addressLen);
    view.setUint8(at + PROTOCOL, facts.protocol);
    view.setUint8(
      at + BITS,
      (facts.targetAt < 0 ? 0 : HAS_TARGET) | (this.#isNews ? IS_NEWS : 0) |
        (this.#isProof ? IS_PROOF : 0),
    );
    view.setUint16(at + SRC_PORT, facts.srcPort);
    view.setUint16(at + DST_PORT, facts.dstPort);
    view.setInt32(at + VLAN, facts.vlan);
    view.setInt32(at + SEED, facts.seed);
    view.setUint16(at + ETHERTYPE, facts.ethertype);
    view.setUint16(at + TYPE_CODE, facts.typeCode);
    view.setInt32(at + SEQ, facts.seq);
    view.setInt32(at + ACK, facts.ack);
    view.setInt32(at + SENT_SEQ, facts.sentSeq);
    view.setInt32(at + SENT_ACK, facts.sentAck);
    view.setUint16(at + SENT_FLAGS, facts.sentFlags);
    view.setInt32(at + SENT_LEN, facts.sentLen);
    view.setInt32(at + PACKET_LEN, facts.packetEnd - facts.packetAt);
    this.#copy(at + MACS, facts.macsAt, 12);
    this.#copy(at + SRC, facts.srcAt, facts.addressLen);
    this.#copy(at + DST, facts.dstAt, facts.addressLen);
    if (facts.targetAt >= 0) this.#copy(at + TARGET, facts.targetAt, 16);
    this.#copy(at + PACKET, facts.packetAt, kept);
    this.#finish(length);
  }

  /**
   * Records a message, with what was noted of it.
   *
   * @param protocol Index of the protocol, or `NO_PROTOCOL`.
   * @param exchange The message.
   * @param isAnswered Whether a protocol understood it.
   * @param keep How many octets of a message that nobody understood to keep.
   */
  message(
    protocol: number,
    exchange: Exchange,
    isAnswered: boolean,
    keep: number,
  ): void {
    const { addressLen, answer, noteCount, notes, transport } = exchange;
    const isNoted = isAnswered && noteCount > 0;
    const isNews = isNoted && this.#news.ofMessage(protocol);
    const isWhole = this.wantsExchanges &&
      (!isAnswered || isNoted || answer.end > answer.at);
    const isFrames = isNoted && (this.#listen & LISTEN_FRAMES) !== 0;
    if (!isNews && !isWhole && !isFrames) return;
    const answerKept = this.wantsExchanges ? ANSWER_MAX : 0;
    const kept = isAnswered
      ? Math.min(answer.end - answer.at, answerKept)
      : Math.min(exchange.end - exchange.at, keep, NOTE_MAX);
    let length = NOTES;
    for (let i = 0; i < noteCount; i++) {
      length += NOTE_HEADER_LEN + noteLen(notes, i);
    }
    if (kept > 0) length += NOTE_HEADER_LEN + kept;
    if (!this.#begin(length)) return;
    const at = this.#end;
    const view = this.#view;
    view.setUint8(at + KIND, MESSAGE);
    view.setUint8(at + WHAT, protocol);
    view.setUint8(at + DEPTH, isAnswered ? 1 : 0);
    view.setUint8(at + ADDRESS_LEN, addressLen);
    view.setUint8(at + PROTOCOL, transport === 1 ? IPPROTO_TCP : IPPROTO_UDP);
    view.setUint8(at + BITS, isNews ? IS_NEWS : 0);
    view.setUint16(at + SRC_PORT, exchange.peerPort);
    view.setUint16(at + DST_PORT, exchange.selfPort);
    view.setInt32(at + VLAN, 0); // the seed tells VLANs apart
    view.setInt32(at + SEED, exchange.seed);
    view.setInt32(
      at + REQUEST_LEN,
      Math.min(exchange.next, exchange.end) - exchange.at,
    );
    view.setInt32(at + ANSWER_LEN, isAnswered ? answer.end - answer.at : 0);
    this.#copy(at + SRC, exchange.peerAt, addressLen);
    this.#copy(at + DST, exchange.dstAt, addressLen);
    let noteAt = at + NOTES;
    for (let i = 0; i < noteCount; i++) {
      noteAt = this.#note(
        noteAt,
        notes[3 * i]!,
        notes[3 * i + 1]!,
        noteLen(notes, i),
      );
    }
    if (kept > 0 && isAnswered) {
      this.#note(noteAt, ANSWER_FIELD, answer.at, kept);
    } else if (kept > 0) {
      this.#note(noteAt, PAYLOAD_FIELD, exchange.at, kept);
    }
    this.#finish(length);
  }

  /** Writes one note, and returns the offset behind it. */
  #note(to: number, field: number, from: number, length: number): number {
    this.#view.setUint8(to, field);
    this.#view.setUint16(to + 1, length);
    this.#copy(to + NOTE_HEADER_LEN, from, length);
    return to + NOTE_HEADER_LEN + length;
  }

  /**
   * Records a connection that is over.
   *
   * @param why Why it is: see `FORGOTTEN` in `flow_table.ts`.
   * @param facts What was counted of it.
   */
  flow(why: number, facts: FlowFacts): void {
    if (!this.#begin(FLOW_LEN)) return;
    writeFlow(this.#view, this.#end, why, facts);
    this.#finish(FLOW_LEN);
  }

  /** Makes room for a record; false if there is none. */
  #begin(length: number): boolean {
    if (this.#buffer !== undefined && this.#end + length > BUFFER_LEN) {
      this.flush();
    }
    if (this.#buffer !== undefined) return true;
    if (this.#spare.length === 0 && this.#isEnding) {
      this.#spare.push(new ArrayBuffer(BUFFER_LEN));
    }
    this.#buffer = this.#spare.pop();
    if (this.#buffer === undefined) {
      this.dropped++;
      return false;
    }
    this.#isReserved = this.#spare.length < this.#reserve;
    this.#out = new Uint8Array(this.#buffer);
    this.#view = new DataView(this.#buffer);
    const dropped = this.dropped - this.#droppedTold;
    if (dropped > 0) this.#putCount(DROPPED, 0, dropped);
    this.#droppedTold = this.dropped;
    return true;
  }

  #finish(length: number): void {
    this.#view.setUint16(this.#end, length);
    this.#view.setFloat64(this.#end + TIME, this.#now);
    this.#end += length;
  }

  /** Copies octets of the arena, four at a time: mostly there are few. */
  #copy(to: number, from: number, length: number): void {
    let i = 0;
    for (; i <= length - 4; i += 4) {
      this.#view.setInt32(to + i, this.#memory.getInt32(from + i));
    }
    for (; i < length; i++) this.#out[to + i] = this.#bytes[from + i]!;
  }
}

/** How many octets of note `i` are kept. */
function noteLen(notes: Int32Array, i: number): number {
  return Math.min(notes[3 * i + 2]! - notes[3 * i + 1]!, NOTE_MAX);
}
