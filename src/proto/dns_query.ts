/**
 * Reads DNS queries. RFC 1035 §4, RFC 6891.
 *
 * ```text
 *  | id (2) | flags (2) | QDCOUNT (2) | ANCOUNT (2) | NSCOUNT (2) | ARCOUNT (2) |
 *  each question  | name | type (2) | class (2) |
 *  each record    | name | type (2) | class (2) | TTL (4) | length (2) | data |
 * ```
 *
 * @module
 */

import { CLAIM, DECLINE, type Exchange, MORE, TCP } from "../protocol.ts";
import { RR_CLASS, RR_TYPE } from "./dns_text.ts";

/** Length of the header, in octets. */
export const HEADER_LEN = 12;
/** Length of a question without its name, in octets. */
export const QUESTION_LEN = 4;
/** Length of a record without its name and data, in octets. */
export const RECORD_LEN = 10;
/** Length of a compression pointer, in octets. */
export const POINTER_LEN = 2;

/** Flag: a response. */
export const QR = 0x8000;
/** Mask of the operation code. */
export const OPCODE = 0x7800;
/** Flag: recursion desired. */
export const RD = 0x0100;
/** Flag: checking disabled. */
export const CD = 0x0010;
/** Mask of the response code. */
export const RCODE = 0x000f;
const AD = 0x0020;

const IPV4_ADDRESS = RR_TYPE.A << 16 | RR_CLASS.IN; // type and class
const NAME_MAX = 255;
const HOPS_MAX = 8; // pointers in a row; nobody needs more
const COUNT_MAX = 32; // questions, or records of a section
const STREAM_MAX = 4096; // longest query over TCP

/** What {@linkcode readQuery} has read; one instance, refilled. */
export const query = {
  /** Offset of the header. */
  at: 0,
  /** Offset one past the last octet. */
  end: 0,
  /** Second field of the header. */
  flags: 0,
  /** Whether it can be read to its end. */
  isReadable: false,
  /** Number of questions, if they can be read; otherwise 0. */
  questions: 0,
  /** Offset behind the name of each question. */
  nameEnds: new Int32Array(COUNT_MAX),
  /** Offset behind the questions. */
  questionsEnd: 0,
  /** Number of records of all sections, as the header says. */
  records: 0,
  /** Whether there is an OPT record; if so, the next three are its. */
  hasOpt: false,
  /** Longest datagram that the client takes, in octets. */
  udpSize: 0,
  /** EDNS version. */
  version: 0,
  /** Flag DO, in place. */
  dnssecOk: 0,
};

/**
 * Reads a query, behind its length if it came over TCP (§4.2.2).
 *
 * A message without a fixed signature has to prove itself by its fields. One
 * that cannot be read to its end is a query, with an error in it, only if its
 * header is without blame; twelve zeros are nobody's query, but a bare STATUS
 * is (nmap's).
 *
 * @param exchange Message to read.
 * @returns `CLAIM`, and {@linkcode query} is filled; `MORE` or `DECLINE`.
 */
export function readQuery(exchange: Exchange): number {
  const { bytes, view } = exchange.arena;
  let { at, end } = exchange;
  let isWhole = true;
  if (exchange.transport === TCP) {
    if (end - at < 2) return MORE;
    const length = view.getUint16(at);
    if (length < HEADER_LEN || length > STREAM_MAX) return DECLINE;
    at += 2;
    isWhole = end - at >= length;
    if (isWhole) end = at + length;
  }
  if (end - at >= 4 && (view.getUint16(at + 2) & (QR | RCODE)) !== 0) {
    return DECLINE;
  }
  if (end - at < HEADER_LEN) return isWhole ? DECLINE : MORE;
  for (let count = at + 4; count < at + HEADER_LEN; count += 2) {
    if (view.getUint16(count) > COUNT_MAX) return DECLINE;
  }
  if (!isWhole) return MORE;

  const questions = view.getUint16(at + 4);
  query.at = at;
  query.end = end;
  query.flags = view.getUint16(at + 2);
  query.records = view.getUint16(at + 6) + view.getUint16(at + 8) +
    view.getUint16(at + 10);
  query.isReadable = readQuestions(bytes, view) && readRecords(bytes, view);
  const isBlameless = query.isReadable
    ? questions > 0 || query.hasOpt ||
      ((query.flags & OPCODE) !== 0 && end - at === HEADER_LEN)
    : questions === 1 && end - at > HEADER_LEN &&
      (query.questions === 1 || query.records <= 1) &&
      (query.flags & ~(RD | AD | CD)) === 0;
  return isBlameless ? CLAIM : DECLINE;
}

/**
 * Tells whether {@linkcode query} asks for IPv4 addresses and nothing else.
 *
 * @param exchange Message that it was read from.
 * @returns Whether it does.
 */
export function asksForIpv4({ arena: { view } }: Exchange): boolean {
  if (!query.isReadable || query.questions === 0) return false;
  for (let i = 0; i < query.questions; i++) {
    if (view.getInt32(query.nameEnds[i]!) !== IPV4_ADDRESS) return false;
  }
  return view.getInt32(query.at + 8) === 0; // NSCOUNT and ARCOUNT
}

/** Reads the questions; false if they cannot be read. */
function readQuestions(bytes: Uint8Array, view: DataView): boolean {
  const { at, end, nameEnds } = query;
  const count = view.getUint16(at + 4);
  let next = at + HEADER_LEN;
  query.questions = 0;
  query.questionsEnd = next;
  query.hasOpt = false;
  for (let i = 0; i < count; i++) {
    const nameEnd = endOfName(bytes, at, next, end);
    if (nameEnd < 0 || end - nameEnd < QUESTION_LEN) return false;
    nameEnds[i] = nameEnd;
    next = nameEnd + QUESTION_LEN;
  }
  query.questions = count;
  query.questionsEnd = next;
  return true;
}

/** Reads the records, of which only OPT matters; false if it cannot. */
function readRecords(bytes: Uint8Array, view: DataView): boolean {
  const { at, end, records } = query;
  const firstExtra = records - view.getUint16(at + 10);
  let next = query.questionsEnd;
  for (let i = 0; i < records; i++) {
    const nameEnd = endOfName(bytes, at, next, end);
    if (nameEnd < 0 || end - nameEnd < RECORD_LEN) return false;
    const dataAt = nameEnd + RECORD_LEN;
    const dataLen = view.getUint16(dataAt - 2);
    if (dataLen > end - dataAt) return false;
    if (view.getUint16(nameEnd) === RR_TYPE.OPT) { // RFC 6891 §6.1.1
      const isRoot = nameEnd === next + 1;
      if (i < firstExtra || query.hasOpt || !isRoot) return false;
      if (!hasOptions(view, dataAt, dataAt + dataLen)) return false;
      query.hasOpt = true;
      query.udpSize = view.getUint16(nameEnd + 2);
      query.version = view.getUint8(nameEnd + 5);
      query.dnssecOk = view.getUint16(nameEnd + 6) & 0x8000;
    }
    next = dataAt + dataLen;
  }
  return true;
}

/** Whether `[at, end)` is options, RFC 6891 §6.1.2. */
function hasOptions(view: DataView, at: number, end: number): boolean {
  while (end - at >= 4) at += 4 + view.getUint16(at + 2);
  return at === end;
}

/**
 * Finds the end of a name, §4.1.4. A pointer leads to a name before it, so
 * never into the header.
 *
 * @returns Offset behind the name, or −1 if it is none.
 */
function endOfName(
  bytes: Uint8Array,
  messageAt: number,
  at: number,
  end: number,
): number {
  let nameEnd = -1; // once there was a pointer
  let before = at;
  let hops = 0;
  let length = 1;
  while (at < end) {
    const octet = bytes[at]!;
    if (octet === 0) return nameEnd < 0 ? at + 1 : nameEnd;
    if (octet < 0x40) {
      length += octet + 1;
      if (length > NAME_MAX) return -1;
      at += octet + 1;
      continue;
    }
    if (octet < 0xc0 || at + 1 === end || hops++ === HOPS_MAX) return -1;
    if (nameEnd < 0) nameEnd = at + POINTER_LEN;
    at = messageAt + ((octet & 0x3f) << 8 | bytes[at + 1]!);
    if (at >= before || at < messageAt + HEADER_LEN) return -1;
    before = at;
  }
  return -1;
}

/**
 * Compares a name that was found to be one.
 *
 * @param bytes Memory that holds the name.
 * @param at Offset of its first octet.
 * @param lower Another one, in lower case and not compressed.
 * @returns Whether they are equal, in any case.
 */
export function isName(
  bytes: Uint8Array,
  at: number,
  lower: Uint8Array,
): boolean {
  for (let i = 0; i < lower.length; i++) {
    const octet = bytes[at + i]!; // the first that differs ends it
    const isUpper = octet >= 0x41 && octet <= 0x5a;
    if ((isUpper ? octet | 0x20 : octet) !== lower[i]) return false;
  }
  return true;
}
