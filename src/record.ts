/**
 * What the packet loop tells the control thread: one record a frame, one an
 * answered message.
 *
 * Records are written into plain buffers that are handed to the control thread
 * when full and handed back when read. When none is at hand, a record is
 * dropped and counted: the packet loop never waits.
 *
 * ```text
 *  every record      | length (2) | kind (1) | what (1) | time, ms (8) |
 *  frame             | the head   | addresses and ports | numbers …    |
 *  message           | the head   | addresses and ports | notes …      |
 *  and so many more  | the head   | count (4) |
 * ```
 *
 * @module
 */

import type { Exchange } from "./protocol.ts";
import { FIRST_DROPPED, FIRST_QUIET, VERDICTS } from "./verdict.ts";

/** Length of a buffer, in octets. */
export const BUFFER_LEN = 65_536;

/** What is recorded. A higher level takes in the lower ones. */
export const LISTEN = {
  /** Nothing at all. */
  nothing: 0,
  /**
   * News: what was answered and what could not be read; of each sort a few a
   * second, the others counted.
   */
  answers: 1,
  /** Among the news, what was dropped too. */
  drops: 2,
  /** Every frame. The news are marked. */
  everything: 3,
} as const;

/** One of {@linkcode LISTEN}. */
export type Listen = typeof LISTEN[keyof typeof LISTEN];

/** Of each sort of event, this many a second are told one by one. */
const TOLD_A_SECOND = 20;

const FRAME = 0;
const MESSAGE = 1;
const MORE_OF = 2;

// Offsets within a record, in octets.
const KIND = 2;
const WHAT = 3; // verdict, index of a protocol, or sort
const TIME = 4;
const COUNT = 12;
const DEPTH = 12;
const ADDRESS_LEN = 13;
const PROTOCOL = 14;
const BITS = 15;
const ETHERTYPE = 16;
const MACS = 18;
const SRC_PORT = 30;
const DST_PORT = 32;
const TYPE_CODE = 34; // ICMP type and code, ARP operation or TCP flags
const SEQ = 36;
const ACK = 40;
const SENT_SEQ = 44;
const SENT_ACK = 48;
const SENT_FLAGS = 52;
const VLAN = 56;
const SRC = 60;
const DST = 76;
const TARGET = 92; // of a neighbour solicitation
const NOTES = 92;
const FRAME_LEN = 108;

// Bits of BITS.
const HAS_TARGET = 1;
const IS_NEWS = 2;

const ADDRESS_MAX = 16;
const NOTE_MAX = 1024; // octets of one note that are kept
const NOTE_HEADER_LEN = 3;

/** How far into a frame the stack could see. */
export const DEPTH_OF = { link: 0, arp: 1, ip: 2, transport: 3 } as const;

/** Facts about a frame. One instance is refilled for every frame. */
export class FrameFacts {
  /** One of {@linkcode DEPTH_OF}. */
  depth: number = DEPTH_OF.link;
  /** Offset of both hardware addresses, destination first. */
  macsAt = 0;
  /** EtherType. */
  ethertype = 0;
  /** VLAN identifiers; 0 without. */
  vlan = 0;
  /** Length of an address, in octets: 4 or 16. */
  addressLen = 0;
  /** Offset of the source, or an ARP sender's, address. */
  srcAt = 0;
  /** Offset of the destination, or an ARP target's, address. */
  dstAt = 0;
  /** Offset of the address that a neighbour solicitation asks for; or −1. */
  targetAt: number = -1;
  /** IANA protocol number. */
  protocol = 0;
  /** Source port. */
  srcPort = 0;
  /** Destination port. */
  dstPort = 0;
  /** ICMP type and code, ARP operation or TCP flags. */
  typeCode = 0;
  /** TCP sequence number, as an int32 bit pattern. */
  seq = 0;
  /** TCP acknowledgment number, as an int32 bit pattern. */
  ack = 0;
  /** The same of the segment sent last in answer. */
  sentSeq = 0;
  /** The same of the segment sent last in answer. */
  sentAck = 0;
  /** Flags of the segment sent last in answer. */
  sentFlags = 0;
}

/** Takes a buffer whose first `length` octets are records. */
export type Ship = (buffer: ArrayBuffer, length: number) => void;

/** Writes records. */
export class Recorder {
  readonly #bytes: Uint8Array;
  readonly #ship: Ship;
  readonly #level: Listen;
  readonly #spare: ArrayBuffer[] = [];
  readonly #told = new Int32Array(512); // [sort] → events in this second
  #buffer: ArrayBuffer | undefined;
  #out: Uint8Array = new Uint8Array(0);
  #view = new DataView(new ArrayBuffer(0));
  #end = 0;
  #now = 0;
  #second = 0;
  #isNews = false;

  /** Records that were dropped for want of a buffer. */
  dropped = 0;

  /**
   * Makes a recorder without buffers.
   *
   * @param bytes Memory that frames are in.
   * @param level What is recorded.
   * @param ship Called with buffers that are to be read.
   */
  constructor(bytes: Uint8Array, level: Listen, ship: Ship) {
    this.#bytes = bytes;
    this.#level = level;
    this.#ship = ship;
  }

  /** Whether anybody wants to know anything. */
  get isListening(): boolean {
    return this.#level !== LISTEN.nothing;
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

  /** Tells the last counts and ships what has been written. */
  finish(): void {
    this.#tellUntold();
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
    for (let sort = 0; sort < this.#told.length; sort++) {
      const untold = this.#told[sort]! - TOLD_A_SECOND;
      this.#told[sort] = 0;
      if (untold > 0 && this.#begin(COUNT + 4)) {
        this.#view.setUint8(this.#end + KIND, MORE_OF);
        this.#view.setUint8(this.#end + WHAT, sort);
        this.#view.setUint32(this.#end + COUNT, untold);
        this.#finish(COUNT + 4);
      }
    }
  }

  /**
   * Tells whether a frame is to be recorded, and counts it.
   *
   * @param verdict What became of it.
   */
  wantsFrame(verdict: number): boolean {
    this.#isNews = this.#countNews(verdict);
    return this.#isNews || this.#level === LISTEN.everything;
  }

  /** Whether the operator is to be told of a frame, one by one. */
  #countNews(verdict: number): boolean {
    if (this.#level === LISTEN.nothing) return false;
    if (verdict >= FIRST_QUIET) {
      if (verdict < FIRST_DROPPED || this.#level < LISTEN.drops) return false;
    }
    return this.#told[verdict]!++ < TOLD_A_SECOND;
  }

  /**
   * Records a frame that {@linkcode Recorder.wantsFrame}.
   *
   * @param verdict What became of it.
   * @param facts What it was.
   */
  frame(verdict: number, facts: FrameFacts): void {
    if (!this.#begin(FRAME_LEN)) return;
    const at = this.#end;
    const view = this.#view;
    view.setUint8(at + KIND, FRAME);
    view.setUint8(at + WHAT, verdict);
    view.setUint8(at + DEPTH, facts.depth);
    view.setUint8(at + ADDRESS_LEN, facts.addressLen);
    view.setUint8(at + PROTOCOL, facts.protocol);
    view.setUint8(
      at + BITS,
      (facts.targetAt < 0 ? 0 : HAS_TARGET) | (this.#isNews ? IS_NEWS : 0),
    );
    view.setUint16(at + ETHERTYPE, facts.ethertype);
    view.setUint16(at + SRC_PORT, facts.srcPort);
    view.setUint16(at + DST_PORT, facts.dstPort);
    view.setUint16(at + TYPE_CODE, facts.typeCode);
    view.setInt32(at + SEQ, facts.seq);
    view.setInt32(at + ACK, facts.ack);
    view.setInt32(at + SENT_SEQ, facts.sentSeq);
    view.setInt32(at + SENT_ACK, facts.sentAck);
    view.setUint16(at + SENT_FLAGS, facts.sentFlags);
    view.setInt32(at + VLAN, facts.vlan);
    this.#copy(at + MACS, facts.macsAt, 12);
    this.#copy(at + SRC, facts.srcAt, facts.addressLen);
    this.#copy(at + DST, facts.dstAt, facts.addressLen);
    if (facts.targetAt >= 0) this.#copy(at + TARGET, facts.targetAt, 16);
    this.#finish(FRAME_LEN);
  }

  /**
   * Records a message that a protocol answered, with its notes.
   *
   * @param protocol Index of the protocol.
   * @param exchange The message.
   */
  message(protocol: number, exchange: Exchange): void {
    const isNews = this.#told[VERDICTS.length + protocol]!++ < TOLD_A_SECOND;
    if (!isNews && this.#level !== LISTEN.everything) return;
    const { addressLen, notes, noteCount } = exchange;
    let length = NOTES;
    for (let i = 0; i < noteCount; i++) {
      length += NOTE_HEADER_LEN + noteLen(notes, i);
    }
    if (!this.#begin(length)) return;
    const at = this.#end;
    const view = this.#view;
    view.setUint8(at + KIND, MESSAGE);
    view.setUint8(at + WHAT, protocol);
    view.setUint8(at + ADDRESS_LEN, addressLen);
    view.setUint8(at + PROTOCOL, exchange.transport);
    view.setUint8(at + BITS, isNews ? IS_NEWS : 0);
    view.setUint16(at + SRC_PORT, exchange.peerPort);
    view.setUint16(at + DST_PORT, exchange.selfPort);
    this.#copy(at + SRC, exchange.peerAt, addressLen);
    this.#copy(at + DST, exchange.selfAt, addressLen);
    let noteAt = at + NOTES;
    for (let i = 0; i < noteCount; i++) {
      const kept = noteLen(notes, i);
      view.setUint8(noteAt, notes[3 * i]!);
      view.setUint16(noteAt + 1, kept);
      this.#copy(noteAt + NOTE_HEADER_LEN, notes[3 * i + 1]!, kept);
      noteAt += NOTE_HEADER_LEN + kept;
    }
    this.#finish(length);
  }

  /** Makes room for a record; false if there is none. */
  #begin(length: number): boolean {
    if (this.#buffer !== undefined && this.#end + length > BUFFER_LEN) {
      this.flush();
    }
    if (this.#buffer === undefined) {
      this.#buffer = this.#spare.pop();
      if (this.#buffer === undefined) {
        this.dropped++;
        return false;
      }
      this.#out = new Uint8Array(this.#buffer);
      this.#view = new DataView(this.#buffer);
    }
    return true;
  }

  #finish(length: number): void {
    this.#view.setUint16(this.#end, length);
    this.#view.setFloat64(this.#end + TIME, this.#now);
    this.#end += length;
  }

  /** Copies octets of the arena: mostly few, for which a loop is fastest. */
  #copy(to: number, from: number, length: number): void {
    for (let i = 0; i < length; i++) this.#out[to + i] = this.#bytes[from + i]!;
  }
}

/** How many octets of note `i` are kept. */
function noteLen(notes: Int32Array, i: number): number {
  return Math.min(notes[3 * i + 2]! - notes[3 * i + 1]!, NOTE_MAX);
}

/** A frame, as read from its record. */
export interface FrameRecord {
  /** Tells the three sorts of records apart. */
  readonly kind: "frame";
  /** When it arrived, in milliseconds since 1970. */
  readonly time: number;
  /** Whether the operator is to be told of it. */
  readonly isNews: boolean;
  /** What became of it: an index into `VERDICTS`. */
  readonly verdict: number;
  /** One of {@linkcode DEPTH_OF}. */
  readonly depth: number;
  /** Source hardware address. */
  readonly srcMac: Uint8Array;
  /** Destination hardware address. */
  readonly dstMac: Uint8Array;
  /** EtherType. */
  readonly ethertype: number;
  /** VLAN identifiers; 0 without. */
  readonly vlan: number;
  /** Source, or an ARP sender's, address; empty if there is none. */
  readonly src: Uint8Array;
  /** Destination, or an ARP target's, address; empty if there is none. */
  readonly dst: Uint8Array;
  /** Address that a neighbour solicitation asks for; otherwise empty. */
  readonly target: Uint8Array;
  /** IANA protocol number. */
  readonly protocol: number;
  /** Source port. */
  readonly srcPort: number;
  /** Destination port. */
  readonly dstPort: number;
  /** ICMP type and code, ARP operation or TCP flags. */
  readonly typeCode: number;
  /** TCP sequence number. */
  readonly seq: number;
  /** TCP acknowledgment number. */
  readonly ack: number;
  /** The same of the segment sent last in answer. */
  readonly sentSeq: number;
  /** The same of the segment sent last in answer. */
  readonly sentAck: number;
  /** Flags of the segment sent last in answer. */
  readonly sentFlags: number;
}

/** An answered message, as read from its record. */
export interface MessageRecord {
  /** Tells the three sorts of records apart. */
  readonly kind: "message";
  /** When it was answered, in milliseconds since 1970. */
  readonly time: number;
  /** Whether the operator is to be told of it. */
  readonly isNews: boolean;
  /** Index of the protocol. */
  readonly protocol: number;
  /** `TCP` or `UDP`, as in `protocol.ts`. */
  readonly transport: number;
  /** The peer's address. */
  readonly src: Uint8Array;
  /** Our address. */
  readonly dst: Uint8Array;
  /** The peer's port. */
  readonly srcPort: number;
  /** Our port. */
  readonly dstPort: number;
  /** Field and octets of each note. */
  readonly notes: readonly (readonly [field: number, octets: Uint8Array])[];
}

/** How many events of a sort were not told one by one in a second. */
export interface MoreRecord {
  /** Tells the three sorts of records apart. */
  readonly kind: "more";
  /** When it was counted, in milliseconds since 1970. */
  readonly time: number;
  /** A verdict, or `VERDICTS.length` plus the index of a protocol. */
  readonly sort: number;
  /** How many. */
  readonly count: number;
}

/**
 * Reads records.
 *
 * @param buffer Buffer that a {@linkcode Recorder} shipped.
 * @param length How many of its octets are records.
 * @returns Each record. Their octets are views of the buffer.
 */
export function* readRecords(
  buffer: ArrayBuffer,
  length: number,
): Generator<FrameRecord | MessageRecord | MoreRecord> {
  const view = new DataView(buffer, 0, length);
  for (let at = 0; at < length; at += view.getUint16(at)) {
    const kind = view.getUint8(at + KIND);
    if (kind === FRAME) yield readFrame(view, at);
    else if (kind === MESSAGE) yield readMessage(view, at);
    else {
      yield {
        kind: "more",
        time: view.getFloat64(at + TIME),
        sort: view.getUint8(at + WHAT),
        count: view.getUint32(at + COUNT),
      };
    }
  }
}

function readFrame(view: DataView<ArrayBuffer>, at: number): FrameRecord {
  const octets = (from: number, length: number): Uint8Array =>
    new Uint8Array(view.buffer, at + from, length);
  const addressLen = view.getUint8(at + ADDRESS_LEN);
  const bits = view.getUint8(at + BITS);
  return {
    kind: "frame",
    time: view.getFloat64(at + TIME),
    isNews: (bits & IS_NEWS) !== 0,
    verdict: view.getUint8(at + WHAT),
    depth: view.getUint8(at + DEPTH),
    dstMac: octets(MACS, 6),
    srcMac: octets(MACS + 6, 6),
    ethertype: view.getUint16(at + ETHERTYPE),
    vlan: view.getUint32(at + VLAN),
    src: octets(SRC, addressLen),
    dst: octets(DST, addressLen),
    target: octets(TARGET, bits & HAS_TARGET ? ADDRESS_MAX : 0),
    protocol: view.getUint8(at + PROTOCOL),
    srcPort: view.getUint16(at + SRC_PORT),
    dstPort: view.getUint16(at + DST_PORT),
    typeCode: view.getUint16(at + TYPE_CODE),
    seq: view.getUint32(at + SEQ),
    ack: view.getUint32(at + ACK),
    sentSeq: view.getUint32(at + SENT_SEQ),
    sentAck: view.getUint32(at + SENT_ACK),
    sentFlags: view.getUint16(at + SENT_FLAGS),
  };
}

function readMessage(view: DataView<ArrayBuffer>, at: number): MessageRecord {
  const addressLen = view.getUint8(at + ADDRESS_LEN);
  const notes: (readonly [number, Uint8Array])[] = [];
  const end = at + view.getUint16(at);
  for (let noteAt = at + NOTES; noteAt < end;) {
    const length = view.getUint16(noteAt + 1);
    const octetsAt = noteAt + NOTE_HEADER_LEN;
    notes.push([
      view.getUint8(noteAt),
      new Uint8Array(view.buffer, octetsAt, length),
    ]);
    noteAt = octetsAt + length;
  }
  return {
    kind: "message",
    time: view.getFloat64(at + TIME),
    isNews: (view.getUint8(at + BITS) & IS_NEWS) !== 0,
    protocol: view.getUint8(at + WHAT),
    transport: view.getUint8(at + PROTOCOL),
    src: new Uint8Array(view.buffer, at + SRC, addressLen),
    dst: new Uint8Array(view.buffer, at + DST, addressLen),
    srcPort: view.getUint16(at + SRC_PORT),
    dstPort: view.getUint16(at + DST_PORT),
    notes,
  };
}
