/**
 * DNS: a name server that has the address that was asked for every name, and
 * else says what BIND says. RFC 1035, RFC 6891.
 *
 * @module
 */

import { encode } from "../octets.ts";
import { number } from "../note.ts";
import type { Persona } from "../persona.ts";
import {
  CLAIM,
  DECLINE,
  DONE,
  type Exchange,
  type Protocol,
  TCP,
  UDP,
} from "../protocol.ts";
import {
  asksForIpv4,
  CD,
  HEADER_LEN,
  isName,
  OPCODE,
  POINTER_LEN,
  QR,
  query,
  QUESTION_LEN,
  RCODE,
  RD,
  readQuery,
  RECORD_LEN,
} from "./dns_query.ts";
import {
  classText,
  nameText,
  rcodeText,
  RESPONSE_CODE,
  RR_CLASS,
  RR_TYPE,
  typeText,
} from "./dns_text.ts";

const AA = 0x0400;
const TC = 0x0200;
const RA = 0x0080;

const POINTER = 0xc000;
const TTL = 43_200;
const OPT_LEN = 1 + RECORD_LEN;
const UDP_SIZE = 1232; // what BIND takes, and the most it sends
const UDP_SIZE_MIN = 512; // RFC 1035 §4.2.1
const RATIO_MAX = 3; // of a datagram's length to that of its question

// Fields of the notes.
const FIELDS = [
  { name: "dns.id", read: (octets: Uint8Array) => String(number(octets)) },
  { name: "dns.question.name", read: nameText },
  { name: "dns.question.type", read: typeText },
  { name: "dns.question.class", read: classText },
  { name: "dns.response_code", read: rcodeText },
];
const ID = 0;
const NAME = 1;
const TYPE = 2;
const CLASS = 3;
const RCODE_FIELD = 4;

// What is answered; one instance, refilled.
const response = { rcode: 0, flags: 0, records: 0, recordsLen: 0 };

/** Claims what a persona answers. */
function check(exchange: Exchange): number {
  if (exchange.persona.dns.answersEverything) return readQuery(exchange);
  const isMine = exchange.transport === UDP &&
    readQuery(exchange) === CLAIM && asksForIpv4(exchange);
  return isMine ? CLAIM : DECLINE;
}

/** Answers one query. */
function reply(exchange: Exchange): number {
  const verdict = check(exchange);
  if (verdict !== CLAIM) return verdict;
  exchange.next = query.end;
  decide(exchange);
  putResponse(exchange);
  return DONE;
}

/** Decides on what to answer: see {@linkcode response}. */
function decide(exchange: Exchange): void {
  const { view } = exchange.arena;
  const { answersEverything } = exchange.persona.dns;
  let rcode: number = query.questions === 0
    ? RESPONSE_CODE.FORMERR
    : RESPONSE_CODE.NOERROR;
  let isInternet = false;
  response.records = 0;
  response.recordsLen = 0;
  exchange.note(ID, query.at, query.at + 2);
  for (let i = 0; i < query.questions; i++) {
    const nameAt = nameAtOf(i);
    const nameEnd = query.nameEnds[i]!;
    const rrType = view.getUint16(nameEnd);
    const rrClass = view.getUint16(nameEnd + 2);
    exchange.note(NAME, nameAt, nameEnd);
    exchange.note(TYPE, nameEnd, nameEnd + 2);
    exchange.note(CLASS, nameEnd + 2, nameEnd + 4);
    if (rcode === RESPONSE_CODE.NOERROR) {
      rcode = rcodeOf(exchange, nameAt, rrType, rrClass);
    }
    if (rrClass === RR_CLASS.IN) isInternet = true;
    const dataLen = dataLenOf(exchange, nameAt, rrType, rrClass);
    if (dataLen < 0) continue;
    response.records++;
    response.recordsLen += Math.min(nameEnd - nameAt, POINTER_LEN) +
      RECORD_LEN + dataLen;
  }

  response.flags = QR | (query.flags & (OPCODE | RD));
  if (!answersEverything) {
    rcode = RESPONSE_CODE.NOERROR;
  } else if (!query.isReadable) {
    rcode = RESPONSE_CODE.FORMERR;
  } else if ((query.flags & OPCODE) !== 0) {
    rcode = RESPONSE_CODE.NOTIMP;
    query.questions = 0; // not repeated, and neither is RD
    query.questionsEnd = query.at + HEADER_LEN;
    response.flags &= ~RD;
  } else if (query.hasOpt && query.version > 0) {
    rcode = RESPONSE_CODE.BADVERS;
  } else {
    response.flags |= (query.flags & CD) | (isInternet ? RA : 0);
  }
  response.rcode = rcode;
  exchange.noteUint16(RCODE_FIELD, rcode); // of which the header has a part
  if (rcode === RESPONSE_CODE.NOERROR) response.flags |= AA;
  else response.records = 0;
}

/** Response code for one question: the choices of BIND. */
function rcodeOf(
  exchange: Exchange,
  nameAt: number,
  rrType: number,
  rrClass: number,
): number {
  switch (rrClass) {
    case 0:
    case RR_CLASS.NONE:
    case RR_CLASS.ANY:
      return RESPONSE_CODE.FORMERR;
    case RR_CLASS.IN:
    case RR_CLASS.CH:
    case RR_CLASS.HS:
      break;
    default:
      return RESPONSE_CODE.NOTIMP;
  }
  switch (rrType) {
    case RR_TYPE.IXFR:
    case RR_TYPE.AXFR:
    case RR_TYPE.ANY: // strangers do not get much for little
      return RESPONSE_CODE.REFUSED;
    case RR_TYPE.MAILA:
    case RR_TYPE.MAILB:
      return RESPONSE_CODE.NOTIMP;
  }
  // Others that are no data: RFC 6895 §3.1.
  if (rrType === RR_TYPE.OPT || rrType >> 7 === 1) return RESPONSE_CODE.FORMERR;
  const isServed = rrClass === RR_CLASS.IN || (rrClass === RR_CLASS.CH &&
    textAt(exchange, nameAt) !== undefined);
  return isServed ? RESPONSE_CODE.NOERROR : RESPONSE_CODE.REFUSED;
}

/** Length of the data that a question is answered with; −1: no record. */
function dataLenOf(
  exchange: Exchange,
  nameAt: number,
  rrType: number,
  rrClass: number,
): number {
  const { addressLen, persona } = exchange;
  if (!persona.dns.answersEverything) return addressLen === 4 ? 4 : 0;
  if (rrClass === RR_CLASS.IN) {
    return rrType === (addressLen === 4 ? RR_TYPE.A : RR_TYPE.AAAA)
      ? addressLen
      : -1;
  }
  if (rrClass !== RR_CLASS.CH || rrType !== RR_TYPE.TXT) return -1;
  return textAt(exchange, nameAt)?.length ?? -1;
}

/** Writes the response. */
function putResponse(exchange: Exchange): void {
  const { answer, persona, transport } = exchange;
  const { answersEverything } = persona.dns;
  const isEdns = query.hasOpt && query.isReadable && answersEverything;
  let length = query.questionsEnd - query.at + (isEdns ? OPT_LEN : 0);
  if (response.records > 0) {
    length += response.recordsLen;
    if (transport === UDP && answersEverything && length > datagramMax()) {
      response.flags |= TC; // over TCP, nobody else is hit
      response.records = 0;
    }
  }
  if (transport === TCP) answer.putUint16(length);
  answer.copy(query.at, query.at + 2);
  answer.putUint16(response.flags | (response.rcode & RCODE));
  answer.putUint16(query.questions);
  answer.putUint16(response.records);
  answer.putUint32(isEdns ? 1 : 0); // NSCOUNT and ARCOUNT
  answer.copy(query.at + HEADER_LEN, query.questionsEnd);
  if (response.records > 0) putRecords(exchange);
  if (isEdns) {
    answer.putUint8(0);
    answer.putUint16(RR_TYPE.OPT);
    answer.putUint16(UDP_SIZE);
    answer.putUint16(response.rcode >> 4 << 8); // and version 0
    answer.putUint16(query.dnssecOk);
    answer.putUint16(0);
  }
}

/** Longest datagram that a query may be answered with. */
function datagramMax(): number {
  const size = query.hasOpt
    ? Math.min(Math.max(query.udpSize, UDP_SIZE_MIN), UDP_SIZE)
    : UDP_SIZE_MIN;
  return Math.min(size, RATIO_MAX * (query.end - query.at));
}

/** Appends a record for each question that has one. */
function putRecords(exchange: Exchange): void {
  const { answer, persona, selfAt } = exchange;
  const { view } = exchange.arena;
  for (let i = 0; i < query.questions; i++) {
    const nameAt = nameAtOf(i);
    const nameEnd = query.nameEnds[i]!;
    const rrType = view.getUint16(nameEnd);
    const rrClass = view.getUint16(nameEnd + 2);
    const dataLen = dataLenOf(exchange, nameAt, rrType, rrClass);
    if (dataLen < 0) continue;
    if (persona.dns.answersEverything && nameEnd - nameAt >= POINTER_LEN) {
      answer.putUint16(POINTER | (nameAt - query.at));
    } else {
      answer.copy(nameAt, nameEnd);
    }
    answer.copy(nameEnd, nameEnd + QUESTION_LEN);
    answer.putUint32(rrClass === RR_CLASS.IN ? TTL : 0);
    answer.putUint16(dataLen);
    if (rrClass === RR_CLASS.IN) answer.copy(selfAt, selfAt + dataLen);
    else answer.put(textAt(exchange, nameAt)!);
  }
}

/** Offset of the name of question `i`. */
function nameAtOf(i: number): number {
  return i === 0
    ? query.at + HEADER_LEN
    : query.nameEnds[i - 1]! + QUESTION_LEN;
}

// Names that ask about the server itself, as they are on the wire.
const ABOUT_SERVER = [
  encode("\x07version\x04bind\0"),
  encode("\x07version\x06server\0"),
  encode("\x08hostname\x04bind\0"),
];

const TEXTS = new Map<Persona, readonly Uint8Array[]>();

/** What a persona says to each of {@linkcode ABOUT_SERVER}, as TXT data. */
function textsOf(persona: Persona): readonly Uint8Array[] {
  let texts = TEXTS.get(persona);
  if (texts === undefined) {
    const { dns: { version }, hostName } = persona;
    texts = [version, version, hostName].map((text) =>
      encode(String.fromCharCode(text.length) + text)
    );
    TEXTS.set(persona, texts);
  }
  return texts;
}

/** What the server says of itself under the name at `at`, if anything. */
function textAt(exchange: Exchange, at: number): Uint8Array | undefined {
  const { bytes } = exchange.arena;
  for (let i = 0; i < ABOUT_SERVER.length; i++) {
    if (isName(bytes, at, ABOUT_SERVER[i]!)) {
      return textsOf(exchange.persona)[i];
    }
  }
  return undefined;
}

/** DNS over UDP and TCP. */
export const dns: Protocol = {
  name: "domain",
  transports: TCP | UDP,
  patterns: [],
  check,
  reply,
  fields: FIELDS,
  summary: (values) => {
    const [name, rrClass, rrType] = ["name", "class", "type"]
      .map((part) => values.get(`dns.question.${part}`));
    return name === undefined
      ? "DNS answer to no question"
      : `DNS answer to ${name} ${rrClass} ${rrType}`;
  },
};
