/**
 * STUN: tells clients what their address looks like from here. RFC 8489, and
 * RFC 3489 for clients without the magic cookie.
 *
 * ```text
 *  | type (2) | length (2) | magic cookie (4) | transaction id (12) |
 *  each attribute  | type (2) | length (2) | value, padded to 4 octets |
 * ```
 *
 * Whoever wants the answer from another port or address gets it from nowhere.
 *
 * @module
 */

import { encode } from "../octets.ts";
import { hex } from "../note.ts";
import {
  CLAIM,
  DECLINE,
  DONE,
  type Exchange,
  MORE,
  pattern,
  type Protocol,
  TCP,
  UDP,
} from "../protocol.ts";

const HEADER_LEN = 20;
const ATTRIBUTE_LEN = 4; // without its value
const ID_AT = 4;
const MAGIC_COOKIE = 0x2112a442;

const BINDING_REQUEST = 0x0001;
const BINDING_INDICATION = 0x0011;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;

const MAPPED_ADDRESS = 0x0001;
const CHANGE_REQUEST = 0x0003;
const SOURCE_ADDRESS = 0x0004;
const CHANGED_ADDRESS = 0x0005;
const USERNAME = 0x0006;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
const XOR_MAPPED_ADDRESS = 0x0020;
const SOFTWARE = 0x8022;
const FINGERPRINT = 0x8028;
const RESPONSE_ORIGIN = 0x802b;

// Attributes below this have to be understood, RFC 8489 §14.
const FIRST_OPTIONAL = 0x8000;
// Those that coturn understands: RESPONSE-ADDRESS, CHANGE-REQUEST, USERNAME,
// PASSWORD, MESSAGE-INTEGRITY, REALM, NONCE, PRIORITY, PADDING, RESPONSE-PORT.
const UNDERSTOOD = [0x02, 0x03, 0x06, 0x07, 0x08, 0x14, 0x15, 0x24, 0x26, 0x27];
const UNKNOWN_MAX = 8; // that are named

const CHANGE_PORT = 2; // bit of a CHANGE-REQUEST

const FAMILY_IPV4 = 1;
const FAMILY_IPV6 = 2;
const FINGERPRINT_LEN = 8;
const FINGERPRINT_XOR = 0x5354554e;

const UNKNOWN_ATTRIBUTE = 0x0414; // 420: class 4, number 20
// As coturn and RFC 3489 §11.2.9 have it, its padding counts.
const REASON = encode("Unknown Attribute\0\0\0");

// Fields of the notes.
const FIELDS = [
  { name: "stun.id", read: hex },
  "user.name",
  "stun.software",
];
const ID = 0;
const USER_NAME = 1;
const SOFTWARE_NAME = 2;

// What a request says; one instance, refilled.
const request = {
  hasCookie: false,
  hasFingerprint: false,
  unknown: 0, // as many as are in the array
  unknownTypes: new Int32Array(UNKNOWN_MAX),
};

/** Claims requests of RFC 3489, which only their structure tells apart. */
function check(exchange: Exchange): number {
  const { at, end, transport } = exchange;
  const { view } = exchange.arena;
  // Over TCP that RFC has nothing but shared secrets, in TLS.
  if (transport !== UDP || end - at < HEADER_LEN) return DECLINE;
  const length = end - at - HEADER_LEN;
  const isRequest = view.getInt32(at) === (BINDING_REQUEST << 16 | length);
  return isRequest && readAttributes(exchange, end) ? CLAIM : DECLINE;
}

/** Answers one message, if it is a request. */
function reply(exchange: Exchange): number {
  const { at, end, persona, transport } = exchange;
  const { view } = exchange.arena;
  if (end - at < HEADER_LEN) return transport === TCP ? MORE : DECLINE;
  const messageEnd = at + HEADER_LEN + view.getUint16(at + 2);
  if (messageEnd > end) return transport === TCP ? MORE : DECLINE;
  exchange.next = messageEnd;
  request.hasCookie = view.getInt32(at + ID_AT) === MAGIC_COOKIE;

  const type = view.getUint16(at);
  if (type === BINDING_INDICATION) return DONE; // RFC 8489 §6.3.2
  if (type !== BINDING_REQUEST) return DECLINE;
  exchange.note(ID, at + ID_AT, at + HEADER_LEN);
  if (!persona.stun.answersInFull) {
    request.hasFingerprint = false;
    putHeader(exchange, BINDING_SUCCESS, addressLenOf(exchange));
    putAddress(exchange, MAPPED_ADDRESS, exchange.peerAt, exchange.peerPort);
    changePort(exchange, messageEnd);
    return DONE;
  }
  if (transport === UDP && messageEnd !== end) return DECLINE;
  if (transport === TCP && !request.hasCookie) return DECLINE;
  if (!readAttributes(exchange, messageEnd)) return DECLINE;
  if (request.unknown > 0) putError(exchange);
  else putSuccess(exchange);
  return DONE;
}

/**
 * Answers from the next port for every CHANGE-REQUEST that asks for another,
 * RFC 3489 §11.2.4: what the original does, who has no second address either.
 */
function changePort(exchange: Exchange, end: number): void {
  const { view } = exchange.arena;
  let at = exchange.at + HEADER_LEN;
  while (end - at >= ATTRIBUTE_LEN) {
    const length = view.getUint16(at + 2);
    const valueAt = at + ATTRIBUTE_LEN;
    if (length > end - valueAt) return;
    const asks = view.getUint16(at) === CHANGE_REQUEST && length === 4 &&
      (view.getInt32(valueAt) & CHANGE_PORT) !== 0;
    if (asks) exchange.selfPort = (exchange.selfPort + 1) & 0xffff;
    at = valueAt + padded(length);
  }
}

/** Reads attributes up to `end`; false if they cannot be read. */
function readAttributes(exchange: Exchange, end: number): boolean {
  const { bytes, view } = exchange.arena;
  let at = exchange.at + HEADER_LEN;
  request.hasFingerprint = false;
  request.unknown = 0;
  while (at < end) {
    if (end - at < ATTRIBUTE_LEN || request.hasFingerprint) return false;
    const type = view.getUint16(at);
    const length = view.getUint16(at + 2);
    const valueAt = at + ATTRIBUTE_LEN;
    if (padded(length) > end - valueAt) return false;
    if (type === FINGERPRINT) {
      request.hasFingerprint = true; // and has to be the last one
      if (length !== 4) return false;
      const crc = crc32(bytes, exchange.at, at) ^ FINGERPRINT_XOR;
      if (view.getInt32(valueAt) !== crc) return false;
    } else if (type === CHANGE_REQUEST) {
      if (length !== 4) return false;
      if (view.getInt32(valueAt) !== 0) addUnknown(type);
    } else if (type === USERNAME) {
      exchange.note(USER_NAME, valueAt, valueAt + length);
    } else if (type === SOFTWARE) {
      exchange.note(SOFTWARE_NAME, valueAt, valueAt + length);
    } else if (type < FIRST_OPTIONAL && !UNDERSTOOD.includes(type)) {
      addUnknown(type);
    }
    at = valueAt + padded(length);
  }
  return true;
}

function addUnknown(type: number): void {
  if (request.unknown === UNKNOWN_MAX) return;
  request.unknownTypes[request.unknown++] = type;
}

/** Tells the peer its address, in the attributes that coturn sends. */
function putSuccess(exchange: Exchange): void {
  const { peerAt, peerPort, selfAt, selfPort } = exchange;
  putHeader(exchange, BINDING_SUCCESS, 3 * addressLenOf(exchange));
  if (request.hasCookie) {
    putXorMappedAddress(exchange);
    putAddress(exchange, MAPPED_ADDRESS, peerAt, peerPort);
    putAddress(exchange, RESPONSE_ORIGIN, selfAt, selfPort);
  } else {
    putAddress(exchange, MAPPED_ADDRESS, peerAt, peerPort);
    putAddress(exchange, SOURCE_ADDRESS, selfAt, selfPort);
    putAddress(exchange, CHANGED_ADDRESS, selfAt, selfPort);
  }
  putFingerprint(exchange);
}

/** Names the attributes that were not understood, RFC 8489 §6.3.1. */
function putError(exchange: Exchange): void {
  const { answer } = exchange;
  const typesLen = 2 * request.unknown;
  putHeader(
    exchange,
    BINDING_ERROR,
    ATTRIBUTE_LEN + 4 + REASON.length + ATTRIBUTE_LEN + padded(typesLen),
  );
  answer.putUint16(ERROR_CODE);
  answer.putUint16(4 + REASON.length);
  answer.putUint32(UNKNOWN_ATTRIBUTE);
  answer.put(REASON);
  answer.putUint16(UNKNOWN_ATTRIBUTES);
  answer.putUint16(typesLen);
  for (let i = 0; i < request.unknown; i++) {
    answer.putUint16(request.unknownTypes[i]!);
  }
  if (typesLen !== padded(typesLen)) answer.putUint16(0);
  putFingerprint(exchange);
}

/** Begins a response with so many octets of attributes, not counting CRC. */
function putHeader(exchange: Exchange, type: number, length: number): void {
  const { answer, at } = exchange;
  answer.putUint16(type);
  answer.putUint16(length + (request.hasFingerprint ? FINGERPRINT_LEN : 0));
  answer.copy(at + ID_AT, at + HEADER_LEN);
}

/** Ends a response to a request that had a CRC with one, RFC 8489 §14.7. */
function putFingerprint({ answer, arena }: Exchange): void {
  if (!request.hasFingerprint) return;
  const crc = crc32(arena.bytes, answer.at, answer.end) ^ FINGERPRINT_XOR;
  answer.putUint16(FINGERPRINT);
  answer.putUint16(4);
  answer.putUint32(crc);
}

/** Length of an attribute that is an address, in octets. */
function addressLenOf({ addressLen }: Exchange): number {
  return ATTRIBUTE_LEN + 4 + addressLen;
}

/** Appends an address and port, RFC 8489 §14.1. */
function putAddress(
  exchange: Exchange,
  type: number,
  addressAt: number,
  port: number,
): void {
  const { addressLen, answer } = exchange;
  answer.putUint16(type);
  answer.putUint16(4 + addressLen);
  answer.putUint16(addressLen === 4 ? FAMILY_IPV4 : FAMILY_IPV6);
  answer.putUint16(port);
  answer.copy(addressAt, addressAt + addressLen);
}

/**
 * Appends the peer's address and port in a form that no middlebox takes for an
 * address: XORed with the cookie and the transaction id, RFC 8489 §14.2.
 */
function putXorMappedAddress(exchange: Exchange): void {
  const { addressLen, answer, at, peerAt, peerPort } = exchange;
  const { bytes } = exchange.arena;
  const maskAt = at + ID_AT;
  answer.putUint16(XOR_MAPPED_ADDRESS);
  answer.putUint16(4 + addressLen);
  answer.putUint16(addressLen === 4 ? FAMILY_IPV4 : FAMILY_IPV6);
  answer.putUint16(peerPort ^ MAGIC_COOKIE >> 16);
  for (let i = 0; i < addressLen; i++) {
    answer.putUint8(bytes[peerAt + i]! ^ bytes[maskAt + i]!);
  }
}

/** Length with padding, in octets. */
function padded(length: number): number {
  return length + 3 & ~3;
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, octet) => {
  let crc = octet;
  for (let i = 0; i < 8; i++) crc = crc >>> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

/** CRC-32 of `[at, end)`, as an int32: RFC 1952 §8. */
function crc32(bytes: Uint8Array, at: number, end: number): number {
  let crc = -1;
  for (; at < end; at++) {
    crc = crc >>> 8 ^ CRC_TABLE[(crc ^ bytes[at]!) & 0xff]!;
  }
  return ~crc;
}

/** STUN over UDP and TCP. */
export const stun: Protocol = {
  name: "stun",
  transports: TCP | UDP,
  patterns: [pattern("0001 .. .. 2112a442")],
  check,
  reply,
  fields: FIELDS,
  summary: (values) => {
    const software = values.get("stun.software");
    return software === undefined
      ? "STUN answer"
      : `STUN answer to ${software}`;
  },
};
