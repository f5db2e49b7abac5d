/**
 * HTTP/1: asks everybody for a password, as a web server with a private area
 * does. RFC 9110, RFC 9112.
 *
 * @module
 */

import { nameOf } from "../note.ts";
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
  FIELDS,
  hasVersion,
  isLastLine,
  readHead,
  request,
  STATUS,
} from "./http_request.ts";
import { CR, hexadecimal, isTokenChar, LF, SPACE, TAB } from "./http_text.ts";

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
 * Answers one request with 401, or with an error as nginx does. 401 comes when
 * the body has come, for some clients stop sending once they are answered; the
 * body is thrown away. An error comes at once and ends the connection.
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
  const isLineNew = (exchange.state & 1) === 0;
  const headEnd = endOfHead(exchange, at);
  if (headEnd < 0) {
    return end - exchange.at < HEAD_MAX ? MORE : cut(exchange, at);
  }
  exchange.state = 0;
  exchange.next = headEnd;

  readHead(exchange, at, headEnd, isLineNew);
  if (request.status !== 0) return reject(exchange);
  if (!request.hasVersion) { // HTTP/0.9: a page, and the connection ends
    exchange.answer.put(pagesOf(persona).unauthorized.body);
    return CLOSE;
  }
  let wish = request.isHead ? TO_HEAD : 0;
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

/** Sends what is wrong with a request, and ends the connection. */
function reject(exchange: Exchange): number {
  const { persona } = exchange;
  if (!persona.http.answersOddRequests) return DECLINE;
  const page = pagesOf(persona).errors.get(request.status)!;
  if (request.hasVersion) putPage(exchange, page, STATUS, request.isHead);
  else exchange.answer.put(page.body);
  return CLOSE;
}

/** Sends 414 or 400 to a head that is too long, and ends the connection. */
function cut(exchange: Exchange, at: number): number {
  const { end, persona } = exchange;
  if (!persona.http.answersOddRequests) return DECLINE;
  const { longHead, longTarget } = pagesOf(persona);
  const hasLine = (exchange.state & 1) !== 0;
  readHead(exchange, at, end, false);
  putPage(exchange, hasLine ? longHead : longTarget, STATUS, request.isHead);
  return CLOSE;
}

/** Sends 401 to a body that cannot be read, and ends the connection. */
function giveUp(exchange: Exchange, wish: number): number {
  if (!exchange.persona.http.answersOddRequests) return DECLINE;
  exchange.next = exchange.end;
  return refuse(exchange, wish | HANGS_UP);
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
 * Finds the empty line that ends a head, going on where it left off; none is
 * waited for where the first line says enough.
 *
 * @returns Offset behind all of the head, or −1 with the state set.
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
    if (isFirst && isLastLine(exchange, at, i)) return end;
    isFirst = false;
    if (i + 1 < end && bytes[i + 1] === LF) return i + 2;
    if (i + 2 < end && bytes[i + 1] === CR && bytes[i + 2] === LF) return i + 3;
  }
  exchange.state = 2 * (end - exchange.at) + (isFirst ? 0 : 1);
  return -1;
}

/** Passes over one chunk of a body, RFC 9112 §7.1. */
function passChunk(exchange: Exchange, wish: number): number {
  const { bytes } = exchange.arena;
  const { at, end } = exchange;
  let lf = at;
  while (lf < end && bytes[lf] !== LF) lf++;
  if (lf === end) return end - at > LINE_MAX ? giveUp(exchange, wish) : MORE;
  const length = hexadecimal(bytes, at, lf);
  if (length < 0) return giveUp(exchange, wish);
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
  if (lf === end) return end - at > LINE_MAX ? giveUp(exchange, wish) : MORE;
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
