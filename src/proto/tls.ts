/**
 * TLS: hears what a client offers, and has nothing in common with it. RFC 8446,
 * RFC 5246.
 *
 * ```text
 *  record       | type 22 (1) | version (2) | length (2) | fragment |
 *  ClientHello  | type 1 (1) | length (3) | version (2) | random (32) |
 *               | session id <1> | cipher suites <2> | compression <1> |
 *               | extensions <2>, each | type (2) | data <2> | |
 * ```
 *
 * `<n>` is a vector behind its length of n octets. A ClientHello may be cut
 * into several records, and these into several segments.
 *
 * @module
 */

import { hex, number } from "../note.ts";
import { printable } from "../printable.ts";
import {
  CLOSE,
  DECLINE,
  type Exchange,
  MORE,
  pattern,
  type Protocol,
  TCP,
} from "../protocol.ts";

const RECORD_HEADER_LEN = 5;
const HANDSHAKE_HEADER_LEN = 4;
const EXTENSION_HEADER_LEN = 4;
const FRAGMENT_MAX = 1 << 14; // RFC 8446 §5.1
const HANDSHAKE = 22;
const VERSION_MIN = 0x0300; // SSL 3.0, which was the first to look like this
const VERSION_MAX = 0x0304; // that a record may have
const RANDOM_LEN = 32;

const HELLO_MAX = 7000; // longest ClientHello that is waited for, with records
const LIST_MAX = 1024; // longest list that a note has room for, in octets

// Extensions, RFC 8446 §4.2, RFC 8422 §5.1.2, RFC 7301.
const SERVER_NAME = 0;
const SUPPORTED_GROUPS = 10;
const EC_POINT_FORMATS = 11;
const SIGNATURE_ALGORITHMS = 13;
const ALPN = 16;
const SUPPORTED_VERSIONS = 43;

const HOST_NAME = 0; // RFC 6066 §3

// A fatal alert, RFC 8446 §6, but for its version.
const ALERT = 21;
const ALERT_VERSION_MAX = 0x0303; // which stands for TLS 1.3, too
const ALERT_TAIL = Uint8Array.of(0, 2, 2, 40); // handshake_failure

// Fields of the notes. Lists are as JA4 has them: hexadecimal, with commas.
const FIELDS = [
  { name: "masscanned.tls.client.version", read: hex },
  { name: "tls.client.supported_ciphers", read: uint16List },
  { name: "masscanned.tls.client.extensions", read: uint16List },
  { name: "masscanned.tls.client.supported_groups", read: uint16List },
  { name: "masscanned.tls.client.ec_point_formats", read: uint8List },
  { name: "masscanned.tls.client.signature_algorithms", read: uint16List },
  { name: "masscanned.tls.client.supported_versions", read: uint16List },
  { name: "masscanned.tls.client.alpn", read: nameList },
  "tls.client.server_name",
  { name: "masscanned.tls.client.random", read: printable },
  { name: "masscanned.tls.client.omitted_bytes", read: number },
];
const VERSION = 0;
const CIPHERS = 1;
const EXTENSIONS = 2;
const GROUPS = 3;
const POINT_FORMATS = 4;
const SIGNATURES = 5;
const VERSIONS = 6;
const PROTOCOL_NAMES = 7;
const NAME = 8;
const RANDOM = 9; // which of some scanners is anything but that
const OMITTED = 10;
// Bit set of those whose values have 16 bits.
const UINT16_LISTS = 1 << CIPHERS | 1 << GROUPS | 1 << SIGNATURES |
  1 << VERSIONS;

// What was read; one instance, refilled.
const hello = {
  at: 0, // the body of the ClientHello, put together
  end: 0,
  seen: 0, // bit set of fields that were noted
  omitted: 0, // octets of lists that are too long to note
};

/**
 * Refuses a client that has said what it offers, as OpenSSL 3.0 does where there
 * is no cipher suite in common.
 *
 * @param exchange Request.
 * @returns `MORE`, `CLOSE` or, if it is malformed or longer than we care for,
 * `DECLINE`.
 */
function reply(exchange: Exchange): number {
  const { answer, arena: { view } } = exchange;
  const verdict = readRecords(exchange);
  if (verdict !== CLOSE) return verdict;
  if (!noteHello(exchange)) {
    exchange.noteCount = 0; // half of it would be somebody else's fingerprint
    return DECLINE;
  }
  answer.putUint8(ALERT);
  answer.putUint16(Math.min(view.getUint16(hello.at), ALERT_VERSION_MAX));
  answer.put(ALERT_TAIL);
  return CLOSE;
}

/**
 * Puts the ClientHello together.
 *
 * @returns `CLOSE` if it is whole and in `hello`, else `MORE` or `DECLINE`.
 */
function readRecords(exchange: Exchange): number {
  const { arena: { bytes, view }, end } = exchange;
  let { at } = exchange;
  let length = 0; // of the body, as far as the header has come
  let known = 0; // octets of the message in the records before
  for (;;) {
    if (end - at < RECORD_HEADER_LEN) return MORE;
    const fragmentLen = view.getUint16(at + 3);
    if (
      bytes[at] !== HANDSHAKE || fragmentLen === 0 ||
      fragmentLen > FRAGMENT_MAX || !isVersion(view.getUint16(at + 1))
    ) return DECLINE;
    at += RECORD_HEADER_LEN;
    const headerEnd = at + Math.min(HANDSHAKE_HEADER_LEN - known, fragmentLen);
    if (headerEnd > end) return MORE;
    for (let i = at; i < headerEnd; i++) length = length << 8 | bytes[i]!;
    length &= 0xffffff; // without the type
    const hasHeader = known + fragmentLen >= HANDSHAKE_HEADER_LEN;
    if (hasHeader && length > HELLO_MAX) return DECLINE;
    const rest = HANDSHAKE_HEADER_LEN + length - known;
    const isLast = hasHeader && rest <= fragmentLen;
    at += isLast ? rest : fragmentLen;
    if (at - exchange.at > HELLO_MAX) return DECLINE;
    if (at > end) return MORE;
    known += fragmentLen;
    if (isLast) break;
  }
  exchange.next = at;
  return join(exchange, HANDSHAKE_HEADER_LEN + length);
}

/** Finds the body of a message of `length` octets, whose records are whole. */
function join(exchange: Exchange, length: number): number {
  const { answer, arena: { bytes, view } } = exchange;
  let at = exchange.at + RECORD_HEADER_LEN;
  let to = at; // in one record it stands where it is
  if (view.getUint16(at - 2) < length) {
    to = answer.aside(length);
    if (to < 0) return DECLINE;
    for (let left = length; left > 0;) {
      const fragmentLen = Math.min(view.getUint16(at - 2), left);
      bytes.copyWithin(to + length - left, at, at + fragmentLen);
      left -= fragmentLen;
      at += fragmentLen + RECORD_HEADER_LEN;
    }
  }
  hello.at = to + HANDSHAKE_HEADER_LEN;
  hello.end = to + length;
  return CLOSE;
}

/** Notes what a ClientHello offers; false if it is malformed. */
function noteHello(exchange: Exchange): boolean {
  const { arena: { view } } = exchange;
  let { at, end } = hello;
  hello.seen = 0;
  hello.omitted = 0;
  if (end - at < 2 + RANDOM_LEN || view.getUint16(at) < VERSION_MIN) {
    return false;
  }
  exchange.note(VERSION, at, at + 2);
  at += 2;
  exchange.note(RANDOM, at, at + RANDOM_LEN);
  at = endOfVector(exchange, 1, at + RANDOM_LEN, end); // session id
  const ciphersAt = at;
  at = endOfVector(exchange, 2, at, end);
  if (at < 0 || !noteList(exchange, CIPHERS, ciphersAt + 2, at)) return false;
  at = endOfVector(exchange, 1, at, end); // compression methods
  if (at < 0) return false;
  if (at < end) { // extensions, which SSL 3.0 does not have
    if (endOfVector(exchange, 2, at, end) !== end) return false;
    if (!noteExtensions(exchange, at + 2, end)) return false;
  }
  if (hello.omitted > 0) exchange.noteUint16(OMITTED, hello.omitted);
  return true;
}

/** Notes extensions `[at, end)`; false if they are malformed. */
function noteExtensions(exchange: Exchange, at: number, end: number): boolean {
  const { answer, arena: { view } } = exchange;
  const first = at;
  let typesLen = 0;
  while (at < end) {
    at = endOfVector(exchange, 2, at + 2, end);
    if (at < 0) return false;
    typesLen += 2;
  }
  const typesAt = typesLen <= LIST_MAX ? answer.aside(typesLen) : -1;
  if (typesAt < 0) hello.omitted += typesLen;
  let typeAt = typesAt;
  for (at = first; at < end;) {
    const type = view.getUint16(at);
    const dataAt = at + EXTENSION_HEADER_LEN;
    at = endOfVector(exchange, 2, at + 2, end);
    if (!noteExtension(exchange, type, dataAt, at)) return false;
    if (typesAt >= 0) view.setUint16(typeAt, type);
    typeAt += 2;
  }
  if (typesAt >= 0) exchange.note(EXTENSIONS, typesAt, typeAt);
  return true;
}

/** Notes the data `[at, end)` of an extension; false if it is malformed. */
function noteExtension(
  exchange: Exchange,
  type: number,
  at: number,
  end: number,
): boolean {
  switch (type) {
    case SERVER_NAME:
      return noteName(exchange, at, end);
    case SUPPORTED_GROUPS:
      return noteVector(exchange, GROUPS, 2, at, end);
    case EC_POINT_FORMATS:
      return noteVector(exchange, POINT_FORMATS, 1, at, end);
    case SIGNATURE_ALGORITHMS:
      return noteVector(exchange, SIGNATURES, 2, at, end);
    case ALPN:
      return noteVector(exchange, PROTOCOL_NAMES, 2, at, end);
    case SUPPORTED_VERSIONS:
      return noteVector(exchange, VERSIONS, 1, at, end);
  }
  return true;
}

/** Notes the first name of a server, which has to be the only one. */
function noteName(exchange: Exchange, at: number, end: number): boolean {
  const { arena: { bytes } } = exchange;
  if (endOfVector(exchange, 2, at, end) !== end) return false;
  const nameAt = at + 2 + 1; // behind the length of the list and a type
  if (endOfVector(exchange, 2, nameAt, end) < 0) return false;
  if (bytes[nameAt - 1] !== HOST_NAME) return true;
  return noteVector(exchange, NAME, 2, nameAt, end);
}

/** Notes a vector that takes all of `[at, end)`; false if it does not. */
function noteVector(
  exchange: Exchange,
  field: number,
  lengthLen: number,
  at: number,
  end: number,
): boolean {
  return endOfVector(exchange, lengthLen, at, end) === end &&
    noteList(exchange, field, at + lengthLen, end);
}

/**
 * Notes a list `[at, end)`, or that there is one that is too long.
 *
 * @returns False if half a value is missing, or if the list comes a second
 * time, RFC 8446 §4.2.
 */
function noteList(
  exchange: Exchange,
  field: number,
  at: number,
  end: number,
): boolean {
  const bit = 1 << field;
  if (hello.seen & bit || (UINT16_LISTS & bit && (end - at) % 2 !== 0)) {
    return false;
  }
  hello.seen |= bit;
  if (end - at > LIST_MAX) hello.omitted += end - at;
  else exchange.note(field, at, end);
  return true;
}

/**
 * Measures a vector, RFC 8446 §3.4.
 *
 * @returns Offset behind the vector whose length, of `lengthLen` octets, is at
 * `at`; −1 if it is not all in `[at, end)`, or if `at` is −1.
 */
function endOfVector(
  { arena: { bytes, view } }: Exchange,
  lengthLen: number,
  at: number,
  end: number,
): number {
  if (at < 0 || end - at < lengthLen) return -1;
  const length = lengthLen === 1 ? bytes[at]! : view.getUint16(at);
  at += lengthLen;
  return end - at < length ? -1 : at + length;
}

function isVersion(version: number): boolean {
  return version >= VERSION_MIN && version <= VERSION_MAX;
}

/** Reads numbers of 8 bits. */
function uint8List(octets: Uint8Array): string {
  return (octets.toHex().match(/../g) ?? []).join(",");
}

/** Reads numbers of 16 bits. */
function uint16List(octets: Uint8Array): string {
  return (octets.toHex().match(/.{4}/g) ?? []).join(",");
}

/** Reads names, each behind its length, RFC 7301 §3.1. */
function nameList(octets: Uint8Array): string {
  const names: string[] = [];
  for (let at = 0; at < octets.length; at += 1 + octets[at]!) {
    const name = octets.subarray(at + 1, at + 1 + octets[at]!);
    names.push(printable(name).replaceAll(",", "\\x2c"));
  }
  return names.join(",");
}

/** TLS over TCP, as far as a ClientHello. */
export const tls: Protocol = {
  name: "tls",
  transports: TCP,
  patterns: [0, 1, 2, 3, 4].map((minor) => pattern(`16030${minor} .. .. 01`)),
  isSpokenBy: (persona) => persona.speaksTls,
  reply,
  fields: FIELDS,
  summary: (values) => {
    const name = values.get("tls.client.server_name");
    return name === undefined
      ? "TLS handshake failure"
      : `TLS handshake failure to client of ${name}`;
  },
};
