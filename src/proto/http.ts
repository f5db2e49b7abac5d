/**
 * HTTP/1: asks everybody for a password, as a web server with a private area
 * does. RFC 9110, RFC 9112.
 *
 * @module
 */

import { encode } from "../octets.ts";
import { digits, nameOf } from "../note.ts";
import {
  CLAIM,
  CLOSE,
  DECLINE,
  DONE,
  type Exchange,
  MORE,
  pattern,
  type Protocol,
  TCP,
  UDP,
} from "../protocol.ts";
import { pagesOf, putPage } from "./http_page.ts";
import {
  CR,
  decimal,
  endOfLine,
  equals,
  firstSpace,
  hexadecimal,
  isBlank,
  isTokenChar,
  lastSpace,
  LF,
  lists,
  nextLine,
  SPACE,
  startsWith,
  TAB,
} from "./http_text.ts";

const METHODS = [
  // RFC 9110 §9.3 and RFC 5789.
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "PATCH",
  // WebDAV, RFC 4918 §9, RFC 3253 §3.6 and RFC 5323 §2.2.
  "PROPFIND",
  "PROPPATCH",
  "MKCOL",
  "COPY",
  "MOVE",
  "LOCK",
  "UNLOCK",
  "REPORT",
  "SEARCH",
];

// Fields of the notes.
const FIELDS = [
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
const STATUS = 6;

// Longest method and request line that are looked at before giving up.
const METHOD_MAX = 32;
const LINE_MAX = 4096;
// Longest head, as nginx's large_client_header_buffers has it for a line; no
// more of a message is ever kept.
const HEAD_MAX = 8192;

// `Exchange.state` is how many octets of a head were searched for its end, times
// two, and one more if its first line is among them: nothing is searched twice,
// however small the segments. Once the head was read and its body is to come, it
// is negative: one of these, and bits for the answer, all inverted.
const AT_LAST_OCTET = 0;
const IN_CHUNKS = 1;
const IN_TRAILERS = 2;
const PHASE = 3;
const TO_HEAD = 4; // the answer has no body
const HANGS_UP = 8; // the connection ends with it

const COLON = 0x3a;

// What a request says that decides about its answer; one instance, refilled.
const request = {
  isReadable: false,
  isHead: false,
  hasVersion: false,
  keepsAlive: false,
  isChunked: false,
  expectsContinue: false,
  bodyLen: 0,
};

const HTTP_SLASH = encode("http/");
const HTTP_1_0 = encode("http/1.0");
const GET = encode("get");
const HEAD = encode("head");
const CONTENT_LENGTH = encode("content-length");
const TRANSFER_ENCODING = encode("transfer-encoding");
const CONNECTION = encode("connection");
const EXPECT = encode("expect");
const HOST_NAME = encode("host");
const USER_AGENT_NAME = encode("user-agent");
const AUTHORIZATION_NAME = encode("authorization");
const CHUNKED = encode("chunked");
const CLOSE_OPTION = encode("close");
const KEEP_ALIVE = encode("keep-alive");
const CONTINUE = encode("100-continue");

/**
 * Claims what begins with a request line, whatever its method, also after
 * empty lines (RFC 9112 §2.2).
 */
function check(exchange: Exchange): number {
  const { bytes } = exchange.arena;
  const { end, transport } = exchange;
  if (!exchange.persona.http.answersOddRequests) return DECLINE;
  if (transport === UDP) return DECLINE; // what is odd there is another's
  let at = exchange.at;
  while (at < end && (bytes[at] === CR || bytes[at] === LF)) at++;
  if (at === end) return DECLINE;
  const methodAt = at;
  while (at < end && isTokenChar(bytes[at]!)) at++;
  if (at === methodAt || at - methodAt > METHOD_MAX) return DECLINE;
  if (at === end) return MORE;
  if (bytes[at] !== SPACE) return DECLINE;
  for (; at < end; at++) {
    const octet = bytes[at]!;
    if (octet === LF) {
      return hasVersion(bytes, methodAt, at) ? CLAIM : DECLINE;
    }
    if (octet < SPACE && octet !== CR && octet !== TAB) return DECLINE;
  }
  return end - methodAt > LINE_MAX ? DECLINE : MORE;
}

/**
 * Answers one request with 401, or 400 if it cannot be read. The answer comes
 * when the body has come, for some clients stop sending once they are answered;
 * the body is thrown away.
 *
 * @param exchange Request; its state says in which part of it we are.
 * @returns `MORE`, `DONE`, `CLOSE` or `DECLINE`.
 */
function reply(exchange: Exchange): number {
  if (exchange.state < 0) return passBody(exchange, ~exchange.state);

  const { bytes } = exchange.arena;
  const { end, persona } = exchange;
  let at = exchange.at;
  while (at < end && (bytes[at] === CR || bytes[at] === LF)) at++;
  if (at === end) { // empty lines, done with (RFC 9112 §2.2)
    exchange.next = at;
    return DONE;
  }
  const headEnd = endOfHead(exchange, at);
  if (headEnd < 0) return end - exchange.at < HEAD_MAX ? MORE : cut(exchange);
  exchange.state = 0;
  exchange.next = headEnd;

  readHead(exchange, at, headEnd);
  let wish = request.isHead ? TO_HEAD : 0;
  if (!request.isReadable) return reject(exchange, wish);
  if (!request.hasVersion) { // HTTP/0.9: a page, and the connection ends
    exchange.answer.put(pagesOf(persona).unauthorized.body);
    return CLOSE;
  }
  if (!request.keepsAlive) wish |= HANGS_UP;
  // A client that waits for "100 Continue" may send its body or not, now that
  // it gets another answer: only a new connection is free of doubt.
  // https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1
  if (request.expectsContinue) return refuse(exchange, wish | HANGS_UP);
  if (request.isChunked) {
    exchange.state = ~(IN_CHUNKS | wish);
  } else if (request.bodyLen > 0) {
    exchange.state = ~(AT_LAST_OCTET | wish);
    exchange.next += request.bodyLen - 1;
  } else {
    return refuse(exchange, wish);
  }
  return DONE;
}

/** Sends 401, and is ready for the next request unless the wish is to end. */
function refuse(exchange: Exchange, wish: number): number {
  const pages = pagesOf(exchange.persona);
  const hangsUp = (wish & HANGS_UP) !== 0;
  const page = hangsUp ? pages.lastUnauthorized : pages.unauthorized;
  putPage(exchange, page, STATUS, (wish & TO_HEAD) !== 0);
  exchange.state = 0;
  return hangsUp ? CLOSE : DONE;
}

/** Sends 400 to what cannot be read, and ends the connection. */
function reject(exchange: Exchange, wish: number): number {
  const { persona } = exchange;
  if (!persona.http.answersOddRequests) return DECLINE;
  const page = pagesOf(persona).badRequest;
  putPage(exchange, page, STATUS, (wish & TO_HEAD) !== 0);
  return CLOSE;
}

/** Sends 414 or 400 to a head that is too long, and ends the connection. */
function cut(exchange: Exchange): number {
  const { at, end, persona } = exchange;
  if (!persona.http.answersOddRequests) return DECLINE;
  const { longHead, longTarget } = pagesOf(persona);
  const hasLine = (exchange.state & 1) !== 0;
  readHead(exchange, at, end);
  putPage(exchange, hasLine ? longHead : longTarget, STATUS, request.isHead);
  return CLOSE;
}

/** Passes over a part of a body, and answers at its end. */
function passBody(exchange: Exchange, state: number): number {
  const wish = state & ~PHASE;
  if ((state & PHASE) === IN_CHUNKS) return passChunk(exchange, wish);
  if ((state & PHASE) === IN_TRAILERS) return passTrailer(exchange, wish);
  exchange.next = exchange.at + 1;
  return refuse(exchange, wish);
}

/**
 * Finds the empty line that ends a head, going on where it left off.
 *
 * @returns Offset behind it, or −1 with the state set.
 */
function endOfHead(exchange: Exchange, at: number): number {
  const { bytes } = exchange.arena;
  const { end, state } = exchange;
  let isFirst = (state & 1) === 0;
  // Step back far enough to see a CR LF CR LF that was cut in two.
  const searchedEnd = exchange.at + (state >> 1) - 3;
  // An int32 said to be one, or the loop counts in doubles, at half the speed.
  for (let i = Math.max(at, searchedEnd) | 0; i < end; i++) {
    if (bytes[i] !== LF) continue;
    // The head of HTTP/0.9 is a line without a version.
    if (isFirst && !hasVersion(bytes, at, endOfLine(bytes, at, i))) {
      return i + 1;
    }
    isFirst = false;
    if (i + 1 < end && bytes[i + 1] === LF) return i + 2;
    if (i + 2 < end && bytes[i + 1] === CR && bytes[i + 2] === LF) return i + 3;
  }
  exchange.state = 2 * (end - exchange.at) + (isFirst ? 0 : 1);
  return -1;
}

/** Whether a request line ends with a version. */
function hasVersion(bytes: Uint8Array, at: number, end: number): boolean {
  return startsWith(bytes, lastSpace(bytes, at, end) + 1, end, HTTP_SLASH);
}

/** Reads the head `[at, end)` into {@linkcode request}, and notes it. */
function readHead(exchange: Exchange, at: number, end: number): void {
  const { bytes } = exchange.arena;
  request.isReadable = false;
  request.isChunked = false;
  request.expectsContinue = false;
  request.bodyLen = 0;

  const lineEnd = endOfLine(bytes, at, end);
  const methodEnd = firstSpace(bytes, at, lineEnd);
  const versionAt = lastSpace(bytes, at, lineEnd) + 1;
  request.hasVersion = hasVersion(bytes, at, lineEnd);
  const targetEnd = request.hasVersion ? versionAt - 1 : lineEnd;
  request.isHead = equals(bytes, at, methodEnd, HEAD);
  // Persistent by default from HTTP/1.1 on, RFC 9112 §9.3.
  request.keepsAlive = !equals(bytes, versionAt, lineEnd, HTTP_1_0);
  exchange.note(METHOD, at, methodEnd);
  exchange.note(URL, Math.min(methodEnd + 1, targetEnd), targetEnd);
  if (request.hasVersion) {
    exchange.note(VERSION, versionAt + HTTP_SLASH.length, lineEnd);
  }
  if (methodEnd === at || targetEnd <= methodEnd + 1) return;
  if (!request.hasVersion) { // RFC 1945 §4.1
    request.isReadable = equals(bytes, at, methodEnd, GET) &&
      firstSpace(bytes, methodEnd + 1, lineEnd) === lineEnd;
    return;
  }

  let lineAt = nextLine(bytes, lineEnd, end);
  while (lineAt < end) {
    const fieldEnd = endOfLine(bytes, lineAt, end);
    if (fieldEnd === lineAt) break; // the empty line
    if (!readField(exchange, lineAt, fieldEnd)) return;
    lineAt = nextLine(bytes, fieldEnd, end);
  }
  request.isReadable = true;
}

/** Reads one header field, RFC 9112 §5; false if it cannot be read. */
function readField(exchange: Exchange, at: number, end: number): boolean {
  const { bytes } = exchange.arena;
  let nameEnd = at;
  while (nameEnd < end && isTokenChar(bytes[nameEnd]!)) nameEnd++;
  if (nameEnd === at || nameEnd === end || bytes[nameEnd] !== COLON) {
    return false;
  }
  let valueAt = nameEnd + 1;
  while (valueAt < end && isBlank(bytes[valueAt]!)) valueAt++;
  while (end > valueAt && isBlank(bytes[end - 1]!)) end--;

  if (equals(bytes, at, nameEnd, CONTENT_LENGTH)) {
    request.bodyLen = decimal(bytes, valueAt, end);
    return request.bodyLen >= 0;
  }
  if (equals(bytes, at, nameEnd, TRANSFER_ENCODING)) {
    request.isChunked = equals(bytes, valueAt, end, CHUNKED);
    return request.isChunked;
  }
  if (equals(bytes, at, nameEnd, CONNECTION)) {
    if (lists(bytes, valueAt, end, KEEP_ALIVE)) request.keepsAlive = true;
    if (lists(bytes, valueAt, end, CLOSE_OPTION)) request.keepsAlive = false;
  } else if (equals(bytes, at, nameEnd, EXPECT)) {
    request.expectsContinue = equals(bytes, valueAt, end, CONTINUE);
  } else if (equals(bytes, at, nameEnd, HOST_NAME)) {
    exchange.note(HOST, valueAt, end);
  } else if (equals(bytes, at, nameEnd, USER_AGENT_NAME)) {
    exchange.note(USER_AGENT, valueAt, end);
  } else if (equals(bytes, at, nameEnd, AUTHORIZATION_NAME)) {
    exchange.note(AUTHORIZATION, valueAt, end);
  }
  return true;
}

/** Passes over one chunk of a body, RFC 9112 §7.1. */
function passChunk(exchange: Exchange, wish: number): number {
  const { bytes } = exchange.arena;
  const { at, end } = exchange;
  let lf = at;
  while (lf < end && bytes[lf] !== LF) lf++;
  if (lf === end) return end - at > LINE_MAX ? reject(exchange, wish) : MORE;
  const length = hexadecimal(bytes, at, lf);
  if (length < 0) return reject(exchange, wish);
  if (length === 0) exchange.state = ~(IN_TRAILERS | wish);
  exchange.next = length === 0 ? lf + 1 : lf + 1 + length + 2;
  return DONE;
}

/** Passes over one line behind the last chunk, RFC 9112 §7.1.2. */
function passTrailer(exchange: Exchange, wish: number): number {
  const { bytes } = exchange.arena;
  const { at, end } = exchange;
  let lf = at;
  while (lf < end && bytes[lf] !== LF) lf++;
  if (lf === end) return end - at > LINE_MAX ? reject(exchange, wish) : MORE;
  exchange.next = lf + 1;
  const isEmpty = lf === at || (lf === at + 1 && bytes[at] === CR);
  return isEmpty ? refuse(exchange, wish) : DONE;
}

/** HTTP/1.0 and HTTP/1.1. */
export const http: Protocol = {
  name: "http",
  transports: TCP | UDP,
  patterns: METHODS.map((method) => pattern(`"${method} "`)),
  check,
  reply,
  fields: FIELDS,
  summary: (values) => {
    const [method, url, version] = FIELDS.map(nameOf)
      .map((name) => values.get(name));
    const status = values.get("http.response.status_code");
    if (status === undefined && version === undefined) {
      return `HTTP/0.9 page to ${method} ${url}`;
    }
    // With a body to come there is no status yet, but one that is likely.
    return `HTTP/1.1 ${status ?? 401} to ${method} ${url}`;
  },
};
