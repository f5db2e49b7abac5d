/**
 * Records as the control thread reads them.
 *
 * @module
 */

import { HISTORY_LETTERS } from "../flow_ledger.ts";
import {
  ADDRESS_LEN,
  ANSWER_FIELD,
  ANSWER_LEN,
  BITS,
  COUNT,
  COUNTS,
  DEPTH,
  DROPPED,
  DST,
  DST_PORT,
  END,
  FLOW,
  FRAME,
  IS_NEWS,
  KIND,
  MAC,
  MESSAGE,
  MORE_OF,
  NOTE_HEADER_LEN,
  NOTES,
  PAYLOAD_FIELD,
  PROTOCOL,
  REQUEST_LEN,
  SEED,
  SRC,
  SRC_PORT,
  START,
  TIME,
  VLAN,
  WHAT,
} from "./layout.ts";
import { LazyFrame } from "./lazy_frame.ts";

/** Who talks with whom. */
export interface Peers {
  /** When it happened, in milliseconds since 1970. */
  readonly time: number;
  /** Source, or an ARP sender's, address; empty if there is none. */
  readonly src: Uint8Array;
  /** Destination, or an ARP target's, address; empty if there is none. */
  readonly dst: Uint8Array;
  /** IANA protocol number. */
  readonly protocol: number;
  /** Source port. */
  readonly srcPort: number;
  /** Destination port. */
  readonly dstPort: number;
  /** VLAN identifiers, innermost lowest, 12 bits each; 0 without. */
  readonly vlan: number;
  /**
   * What tells exchanges between the same ports apart: the same number in all
   * records of one connection, from the SYN on.
   */
  readonly seed: number;
}

/** A frame, as read from its record. */
export interface FrameRecord extends Peers {
  /** Tells the sorts of records apart. */
  readonly kind: "frame";
  /** Whether the operator is to be told of it. */
  readonly isNews: boolean;
  /** Whether it proves that its sender got our SYN-ACK. */
  readonly isProof: boolean;
  /** What became of it: an index into `VERDICTS`. */
  readonly verdict: number;
  /** One of `DEPTH_OF`. */
  readonly depth: number;
  /** Source hardware address. */
  readonly srcMac: Uint8Array;
  /** Destination hardware address. */
  readonly dstMac: Uint8Array;
  /** EtherType. */
  readonly ethertype: number;
  /** Address that a neighbour solicitation asks for; otherwise empty. */
  readonly target: Uint8Array;
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
  /** Length of all packets that were sent in answer, in octets. */
  readonly sentLen: number;
  /** Length of the packet, without the link's header, in octets. */
  readonly packetLen: number;
  /**
   * First octets of the packet, its headers at least unless they are unusually
   * long; empty unless it is news or somebody wants to know of every exchange.
   */
  readonly packet: Uint8Array;
}

/** A message that a protocol answered or nobody understood. */
export interface MessageRecord extends Peers {
  /** Tells the sorts of records apart. */
  readonly kind: "message";
  /** Whether the operator is to be told of it. */
  readonly isNews: boolean;
  /** Index of the protocol, or `NO_PROTOCOL`. */
  readonly application: number;
  /** Whether the protocol understood it. */
  readonly isAnswered: boolean;
  /** Length of the message, in octets. */
  readonly requestLen: number;
  /** Length of the answer, in octets. */
  readonly answerLen: number;
  /** Field and octets of each note. */
  readonly notes: readonly (readonly [field: number, octets: Uint8Array])[];
  /** First octets of what nobody understood; otherwise empty. */
  readonly payload: Uint8Array;
  /** First octets of the answer; empty unless somebody wants every exchange. */
  readonly answer: Uint8Array;
}

/** A connection that is over. */
export interface FlowRecord extends Peers {
  /** Tells the sorts of records apart. */
  readonly kind: "flow";
  /** Why it is over: one of `FORGOTTEN`. */
  readonly why: number;
  /** When it began, in milliseconds since 1970. */
  readonly start: number;
  /** When the peer spoke last, in milliseconds since 1970. */
  readonly end: number;
  /** Octets that came in, without headers and with repetitions. */
  readonly payloadIn: number;
  /** Octets that were sent, the same way. */
  readonly payloadOut: number;
  /** Packets that came in, from the first that proves the peer on. */
  readonly packetsIn: number;
  /** Packets that were sent since. */
  readonly packetsOut: number;
  /** Octets of those that came in, with the headers of IP and TCP. */
  readonly packetsInLen: number;
  /** Octets of those that were sent, with the headers of IP and TCP. */
  readonly packetsOutLen: number;
  /** What happened, in the letters of Zeek. */
  readonly history: string;
  /** The peer's hardware address. */
  readonly srcMac: Uint8Array;
}

/** How many events of a sort were not told one by one in a second. */
export interface MoreRecord {
  /** Tells the sorts of records apart. */
  readonly kind: "more";
  /** When it was counted, in milliseconds since 1970. */
  readonly time: number;
  /** A verdict, or `VERDICTS.length` plus the index of a protocol. */
  readonly sort: number;
  /** How many. */
  readonly count: number;
}

/** How many records were dropped here for want of a buffer. */
export interface DroppedRecord {
  /** Tells the sorts of records apart. */
  readonly kind: "dropped";
  /** When there was a buffer again, in milliseconds since 1970. */
  readonly time: number;
  /** How many. */
  readonly count: number;
}

/** Any record. */
export type AnyRecord =
  | FrameRecord
  | MessageRecord
  | FlowRecord
  | MoreRecord
  | DroppedRecord;

/**
 * Reads records.
 *
 * @param buffer Buffer that a `Recorder` shipped.
 * @param length How many of its octets are records.
 * @returns Each record. Their octets are views of the buffer.
 */
export function* readRecords(
  buffer: ArrayBuffer,
  length: number,
): Generator<AnyRecord> {
  const view = new DataView(buffer, 0, length);
  for (let at = 0; at < length; at += view.getUint16(at)) {
    yield READERS[view.getUint8(at + KIND)]!(view, at);
  }
}

type Reader = (view: DataView<ArrayBuffer>, at: number) => AnyRecord;

const READERS: Readonly<Record<number, Reader>> = {
  [FRAME]: (view, at) => new LazyFrame(view, at),
  [MESSAGE]: readMessage,
  [FLOW]: readFlow,
  [MORE_OF]: readMore,
  [DROPPED]: (view, at) => ({
    kind: "dropped",
    time: view.getFloat64(at + TIME),
    count: view.getUint32(at + COUNT),
  }),
};

function readMore(view: DataView, at: number): MoreRecord {
  return {
    kind: "more",
    time: view.getFloat64(at + TIME),
    sort: view.getUint8(at + WHAT),
    count: view.getUint32(at + COUNT),
  };
}

function readPeers(view: DataView<ArrayBuffer>, at: number): Peers {
  const addressLen = view.getUint8(at + ADDRESS_LEN);
  return {
    time: view.getFloat64(at + TIME),
    src: new Uint8Array(view.buffer, at + SRC, addressLen),
    dst: new Uint8Array(view.buffer, at + DST, addressLen),
    protocol: view.getUint8(at + PROTOCOL),
    srcPort: view.getUint16(at + SRC_PORT),
    dstPort: view.getUint16(at + DST_PORT),
    vlan: view.getUint32(at + VLAN),
    seed: view.getInt32(at + SEED),
  };
}

const NOTHING = new Uint8Array(0);

function readMessage(view: DataView<ArrayBuffer>, at: number): MessageRecord {
  const notes: (readonly [number, Uint8Array])[] = [];
  const end = at + view.getUint16(at);
  let payload = NOTHING;
  let answer = NOTHING;
  for (let noteAt = at + NOTES; noteAt < end;) {
    const length = view.getUint16(noteAt + 1);
    const octetsAt = noteAt + NOTE_HEADER_LEN;
    const octets = new Uint8Array(view.buffer, octetsAt, length);
    const field = view.getUint8(noteAt);
    if (field === PAYLOAD_FIELD) payload = octets;
    else if (field === ANSWER_FIELD) answer = octets;
    else notes.push([field, octets]);
    noteAt = octetsAt + length;
  }
  return {
    kind: "message",
    ...readPeers(view, at),
    isNews: (view.getUint8(at + BITS) & IS_NEWS) !== 0,
    application: view.getUint8(at + WHAT),
    isAnswered: view.getUint8(at + DEPTH) !== 0,
    requestLen: view.getUint32(at + REQUEST_LEN),
    answerLen: view.getUint32(at + ANSWER_LEN),
    notes,
    payload,
    answer,
  };
}

function readFlow(view: DataView<ArrayBuffer>, at: number): FlowRecord {
  const count = (i: number): number => view.getFloat64(at + COUNTS + 8 * i);
  return {
    kind: "flow",
    ...readPeers(view, at),
    why: view.getUint8(at + WHAT),
    start: view.getFloat64(at + START),
    end: view.getFloat64(at + END),
    payloadIn: count(0),
    payloadOut: count(1),
    packetsIn: count(2),
    packetsOut: count(3),
    packetsInLen: count(4),
    packetsOutLen: count(5),
    history: historyOf(count(6)),
    srcMac: new Uint8Array(view.buffer, at + MAC, 6),
  };
}

/** Letters of a history, whose first is the highest hexadecimal digit. */
function historyOf(number: number): string {
  return Array.from(
    number.toString(16),
    (digit) => HISTORY_LETTERS[parseInt(digit, 16)],
  ).join("");
}
