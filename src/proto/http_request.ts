/**
 * Reads the head of a request, and notes what is worth to be known: as nginx
 * does, or as leniently as the original program.
 *
 * @module
 */

import { encode } from "../octets.ts";
import { digits } from "../note.ts";
import type { Exchange, Field } from "../protocol.ts";
import {
  BAD_REQUEST,
  field,
  HTTP_0_9,
  HTTP_1_0,
  isHost,
  line,
  NOT_ALLOWED,
  NOT_IMPLEMENTED,
  readFieldLine,
  readLength,
  readLine,
} from "./http_nginx.ts";
import {
  contains,
  CR,
  decimal,
  endOfLine,
  equals,
  firstSpace,
  isBlank,
  isTokenChar,
  lastSpace,
  LF,
  lists,
  nextLine,
  startsWith,
} from "./http_text.ts";

/** Fields of the notes. */
export const FIELDS: readonly Field[] = [
  "http.request.method",
  "url.original",
  "http.version",
  "masscanned.http.host",
  "user_agent.original",
  "masscanned.http.authorization",
  { name: "http.response.status_code", read: digits },
];
const METHOD = 0;
const URL = 1;
const VERSION = 2;
const HOST = 3;
const USER_AGENT = 4;
const AUTHORIZATION = 5;
/** Field that the status of the answer is noted in. */
export const STATUS = 6;

/** What a request says that decides about its answer; one instance, refilled. */
export const request = {
  /** Status of what is wrong with it, or 0. */
  status: 0,
  /** Whether the answer has no body. */
  isHead: false,
  /** Whether the answer has a head: there was none before HTTP/1.0. */
  hasVersion: false,
  /** Whether the connection goes on. */
  keepsAlive: false,
  /** Whether its body comes in chunks. */
  isChunked: false,
  /** Whether it waits for `100 Continue`. */
  expectsContinue: false,
  /** Length of its body otherwise, in octets. */
  bodyLen: 0,
};

const HTTP_SLASH = encode("http/");
const HTTP_1_0_NAME = encode("http/1.0");
const COLON = 0x3a;
const GET = encode("get");
const HEAD = encode("head");
const CHUNKED = encode("chunked");
const CLOSE_OPTION = encode("close");
const KEEP_ALIVE = encode("keep-alive");
const CONTINUE = encode("100-continue");

// Names of fields that nginx looks at; from "host" on, it takes each once only.
const NAMES = [
  "connection",
  "user-agent",
  "host",
  "content-length",
  "transfer-encoding",
  "expect",
  "authorization",
  "content-range",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
].map(encode);
const CONNECTION_NAME = 0;
const USER_AGENT_NAME = 1;
const HOST_NAME = 2;
const LENGTH_NAME = 3;
const ENCODING_NAME = 4;
const EXPECT_NAME = 5;
const AUTHORIZATION_NAME = 6;

// Indices into NAMES, by the length of the name.
const NAMES_OF_LENGTH: readonly (readonly number[])[] = Array.from(
  { length: Math.max(...NAMES.map(({ length }) => length)) + 1 },
  (_, length) => [...NAMES.keys()].filter((i) => NAMES[i]!.length === length),
);

/** Index of the name `[at, end)` in {@linkcode NAMES}, or −1. */
function indexOfName(bytes: Uint8Array, at: number, end: number): number {
  if (end - at >= NAMES_OF_LENGTH.length) return -1;
  const candidates = NAMES_OF_LENGTH[end - at]!;
  for (let i = 0; i < candidates.length; i++) {
    const name = candidates[i]!;
    if (equals(bytes, at, end, NAMES[name]!)) return name;
  }
  return -1;
}

/** Whether a request line ends with a version. */
export function hasVersion(
  bytes: Uint8Array,
  at: number,
  end: number,
): boolean {
  return startsWith(bytes, lastSpace(bytes, at, end) + 1, end, HTTP_SLASH);
}

/**
 * Whether the request line `[at, end)`, its line end but for LF included, gets
 * its answer at once, whatever may follow.
 */
export function isLastLine(
  exchange: Exchange,
  at: number,
  end: number,
): boolean {
  const { arena: { bytes }, persona } = exchange;
  if (persona.http.answersOddRequests) {
    readLine(bytes, at, end);
    return line.status !== 0 || line.version === HTTP_0_9;
  }
  // The head of HTTP/0.9 is a line without a version.
  return !hasVersion(bytes, at, endOfLine(bytes, at, end));
}

/**
 * Reads the head `[at, end)`, or as much as has come of it, into
 * {@linkcode request}, and notes it.
 *
 * @param exchange Whose head it is.
 * @param at Offset of its first octet.
 * @param end Offset one past its last octet.
 * @param isLineRead Whether {@linkcode isLastLine} was asked just before.
 */
export function readHead(
  exchange: Exchange,
  at: number,
  end: number,
  isLineRead: boolean,
): void {
  const { bytes } = exchange.arena;
  request.status = 0;
  request.isChunked = false;
  request.expectsContinue = false;
  request.bodyLen = 0;
  const lineEnd = endOfLine(bytes, at, end);
  noteLine(exchange, at, lineEnd);
  const fieldsAt = nextLine(bytes, lineEnd, end);
  if (exchange.persona.http.answersOddRequests) {
    if (!isLineRead) readLine(bytes, at, fieldsAt - 1);
    readStrictly(exchange, fieldsAt, end);
  } else {
    readLeniently(exchange, at, lineEnd, end);
  }
}

/** Notes the words of a request line, whatever they are. */
function noteLine(exchange: Exchange, at: number, end: number): void {
  if (!exchange.listening) return;
  const { bytes } = exchange.arena;
  const methodEnd = firstSpace(bytes, at, end);
  const isVersioned = hasVersion(bytes, at, end);
  const versionAt = lastSpace(bytes, at, end) + 1;
  const targetEnd = isVersioned ? versionAt - 1 : end;
  exchange.note(METHOD, at, methodEnd);
  exchange.note(URL, Math.min(methodEnd + 1, targetEnd), targetEnd);
  if (isVersioned) exchange.note(VERSION, versionAt + HTTP_SLASH.length, end);
}

/** Reads the fields `[at, end)` as nginx does, {@linkcode line} being read. */
function readStrictly(exchange: Exchange, at: number, end: number): void {
  const { bytes } = exchange.arena;
  request.status = line.status;
  request.hasVersion = line.version !== HTTP_0_9;
  request.isHead = line.isHead;
  request.keepsAlive = line.version > HTTP_1_0;
  if (!request.hasVersion) return;

  let seen = 0; // one bit for each of NAMES
  let lineAt = at;
  while (lineAt < end) {
    let lf = lineAt;
    while (lf < end && bytes[lf] !== LF) lf++;
    if (bytes[lineAt] === CR && lineAt + 1 === lf) break; // the empty line
    if (lf === lineAt) break;
    const status = readFieldLine(bytes, lineAt, lf);
    if (status !== 0) fail(status); // the rest is read for the notes
    const name = status !== 0 || field.isIgnored
      ? -1
      : indexOfName(bytes, lineAt, field.nameEnd);
    if (name >= 0) {
      if (name >= HOST_NAME && (seen >> name & 1) !== 0) fail(BAD_REQUEST);
      seen |= 1 << name;
      readStrictField(exchange, name, field.valueAt, field.valueEnd);
    }
    lineAt = lf + 1;
  }

  const hasEncoding = (seen >> ENCODING_NAME & 1) !== 0;
  const isOld = line.version <= HTTP_1_0;
  if (!isOld && (seen >> HOST_NAME & 1) === 0) fail(BAD_REQUEST);
  if (request.bodyLen === ~BAD_REQUEST) fail(BAD_REQUEST);
  if (hasEncoding) {
    if (isOld) fail(BAD_REQUEST);
    if (!request.isChunked) fail(NOT_IMPLEMENTED);
    if ((seen >> LENGTH_NAME & 1) !== 0) fail(BAD_REQUEST);
  }
  if (line.isNotAllowed) fail(NOT_ALLOWED);
  if (request.bodyLen < 0) fail(~request.bodyLen);
}

/** Takes a status, unless something was wrong before. */
function fail(status: number): void {
  if (request.status === 0) request.status = status;
}

/** Reads a field, one of {@linkcode NAMES}, as nginx does. */
function readStrictField(
  exchange: Exchange,
  name: number,
  at: number,
  end: number,
): void {
  const { bytes } = exchange.arena;
  if (name === LENGTH_NAME) {
    request.bodyLen = readLength(bytes, at, end);
  } else if (name === ENCODING_NAME) {
    request.isChunked = equals(bytes, at, end, CHUNKED);
  } else if (name === CONNECTION_NAME) { // the last one holds
    if (contains(bytes, at, end, CLOSE_OPTION)) request.keepsAlive = false;
    else if (contains(bytes, at, end, KEEP_ALIVE)) request.keepsAlive = true;
  } else {
    if (name === HOST_NAME && !isHost(bytes, at, end)) fail(BAD_REQUEST);
    readField(exchange, name, at, end);
  }
}

/** Reads a head as it comes, its request line in `[at, lineEnd)`. */
function readLeniently(
  exchange: Exchange,
  at: number,
  lineEnd: number,
  end: number,
): void {
  const { bytes } = exchange.arena;
  request.status = BAD_REQUEST; // until all is read
  const methodEnd = firstSpace(bytes, at, lineEnd);
  const versionAt = lastSpace(bytes, at, lineEnd) + 1;
  request.hasVersion = hasVersion(bytes, at, lineEnd);
  const targetEnd = request.hasVersion ? versionAt - 1 : lineEnd;
  request.isHead = equals(bytes, at, methodEnd, HEAD);
  // Persistent by default from HTTP/1.1 on, RFC 9112 §9.3.
  request.keepsAlive = !equals(bytes, versionAt, lineEnd, HTTP_1_0_NAME);
  if (methodEnd === at || targetEnd <= methodEnd + 1) return;
  if (!request.hasVersion) { // RFC 1945 §4.1
    const isRead = equals(bytes, at, methodEnd, GET) &&
      firstSpace(bytes, methodEnd + 1, lineEnd) === lineEnd;
    if (isRead) request.status = 0;
    return;
  }

  let lineAt = nextLine(bytes, lineEnd, end);
  while (lineAt < end) {
    const fieldEnd = endOfLine(bytes, lineAt, end);
    if (fieldEnd === lineAt) break; // the empty line
    if (!readLenientField(exchange, lineAt, fieldEnd)) return;
    lineAt = nextLine(bytes, fieldEnd, end);
  }
  request.status = 0;
}

/** Reads one header field, RFC 9112 §5; false if it cannot be read. */
function readLenientField(
  exchange: Exchange,
  at: number,
  end: number,
): boolean {
  const { bytes } = exchange.arena;
  let nameEnd = at;
  while (nameEnd < end && isTokenChar(bytes[nameEnd]!)) nameEnd++;
  if (nameEnd === at || nameEnd === end || bytes[nameEnd] !== COLON) {
    return false;
  }
  let valueAt = nameEnd + 1;
  while (valueAt < end && isBlank(bytes[valueAt]!)) valueAt++;
  while (end > valueAt && isBlank(bytes[end - 1]!)) end--;

  const name = indexOfName(bytes, at, nameEnd);
  if (name === LENGTH_NAME) {
    request.bodyLen = decimal(bytes, valueAt, end);
    return request.bodyLen >= 0;
  }
  if (name === ENCODING_NAME) {
    request.isChunked = equals(bytes, valueAt, end, CHUNKED);
    return request.isChunked;
  }
  if (name === CONNECTION_NAME) {
    if (lists(bytes, valueAt, end, KEEP_ALIVE)) request.keepsAlive = true;
    if (lists(bytes, valueAt, end, CLOSE_OPTION)) request.keepsAlive = false;
  } else {
    readField(exchange, name, valueAt, end);
  }
  return true;
}

/** Reads a field that is read the same by all, and notes it. */
function readField(
  exchange: Exchange,
  name: number,
  at: number,
  end: number,
): void {
  if (name === EXPECT_NAME) {
    request.expectsContinue = equals(exchange.arena.bytes, at, end, CONTINUE);
  } else if (name === HOST_NAME) {
    exchange.note(HOST, at, end);
  } else if (name === USER_AGENT_NAME) {
    exchange.note(USER_AGENT, at, end);
  } else if (name === AUTHORIZATION_NAME) {
    exchange.note(AUTHORIZATION, at, end);
  }
}
