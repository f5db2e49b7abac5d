/**
 * The grammar of nginx 1.22.1, which takes less than RFC 9112 allows and here
 * and there more: a request line, a target, a host, a field, a length. What it
 * does not take has the status that nginx gives it; `test/vectors/http.py` asks
 * it. All functions look at `[at, end)` of some memory and at nothing else.
 *
 * @module
 */

import { encode } from "../octets.ts";
import {
  CR,
  equals,
  hexadecimal,
  isLetterOrDigit,
  SPACE,
} from "./http_text.ts";

/** Status of what breaks the grammar. */
export const BAD_REQUEST = 400;
/** Status of methods that nginx has no use for. */
export const NOT_ALLOWED = 405;
/** Status of a body longer than `client_max_body_size`. */
export const CONTENT_TOO_LARGE = 413;
/** Status of a transfer encoding other than chunked. */
export const NOT_IMPLEMENTED = 501;
/** Status of HTTP/2.0 and later. */
export const VERSION_NOT_SUPPORTED = 505;

/** Version of a request line that has none, as 1,000 × major + minor. */
export const HTTP_0_9 = 9;
/** Version before persistent connections and hosts, in the same measure. */
export const HTTP_1_0 = 1000;

/** What a request line says; one instance, refilled. */
export const line = {
  /** Status of what is wrong with it, or 0. */
  status: 0,
  /** Version, 1,000 × major + minor; 1.0 while it is not known. */
  version: HTTP_1_0,
  /** Whether the method is HEAD. */
  isHead: false,
  /** Whether the method is one that nginx has no use for. */
  isNotAllowed: false,
};

/** What a field line says; one instance, refilled. */
export const field = {
  /** Offset one past the last octet of its name. */
  nameEnd: 0,
  /** Offset of the first octet of its value. */
  valueAt: 0,
  /** Offset one past the last octet of its value. */
  valueEnd: 0,
  /** Whether its name is one that is passed over in silence. */
  isIgnored: false,
};

const DELETE = 0x7f;
const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;
const PERCENT = 0x25;
const HASH = 0x23;
const QUESTION_MARK = 0x3f;
const HYPHEN = 0x2d;
const UNDERSCORE = 0x5f;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const DIGIT_0 = 0x30;

const GET = encode("get");
const HEAD = encode("head");
const TRACE = encode("trace");
const CONNECT = encode("connect");
const VERSION_NAME = encode("HTTP/");
const MINOR_MAX = 99; // before its last digit

// client_max_body_size, 1 MiB by default.
const BODY_MAX = 1 << 20;
// Longest length that nginx can count to, 2^63 - 1.
const LENGTH_MAX = encode("9223372036854775807");

/** Octets, by number, that a literal address may have between its brackets. */
const IS_LITERAL_CHAR = Uint8Array.from(
  { length: 256 },
  (_, octet) =>
    /[0-9A-Za-z:._~!$&'()*+,;=-]/.test(String.fromCharCode(octet)) ? 1 : 0,
);

/**
 * Reads the request line `[at, end)`, its line end but for LF included, into
 * {@linkcode line}.
 */
export function readLine(bytes: Uint8Array, at: number, end: number): void {
  line.status = statusOf(bytes, at, end);
}

/** Reads a request line, and returns the status of what is wrong with it. */
function statusOf(bytes: Uint8Array, at: number, end: number): number {
  line.version = HTTP_1_0;
  line.isHead = false;
  line.isNotAllowed = false;
  let i = at;
  while (i < end && isMethodChar(bytes[i]!)) i++;
  if (i === at || i === end || bytes[i] !== SPACE) return BAD_REQUEST;
  const methodEnd = i;
  line.isHead = equals(bytes, at, methodEnd, HEAD);
  line.isNotAllowed = equals(bytes, at, methodEnd, TRACE) ||
    equals(bytes, at, methodEnd, CONNECT);

  const targetAt = behindSpaces(bytes, i, end);
  const pathAt = behindAuthority(bytes, targetAt, end);
  if (pathAt < 0) return BAD_REQUEST;
  // Only an escape, or a dot behind a slash, can make a path leave the root.
  let isComplex = false;
  for (i = pathAt; i < end; i++) {
    const octet = bytes[i]!;
    if (octet === SPACE || octet === CR) break;
    if (octet < SPACE || octet === DELETE) return BAD_REQUEST;
    if (octet === PERCENT || (octet === DOT && bytes[i - 1] === SLASH)) {
      isComplex = true;
    }
  }
  const status = readVersion(bytes, behindSpaces(bytes, i, end), end);
  if (status !== 0) return status;

  if (line.version === HTTP_0_9 && !equals(bytes, at, methodEnd, GET)) {
    return BAD_REQUEST; // RFC 1945 §4.1
  }
  if (isComplex && !staysBelowRoot(bytes, pathAt, i)) return BAD_REQUEST;
  if (pathAt === targetAt) return 0;
  const hostAt = behindScheme(bytes, targetAt, end);
  const hostEnd = endOfHost(bytes, hostAt, end);
  return isHost(bytes, hostAt, hostEnd) ? 0 : BAD_REQUEST;
}

/** Whether an octet may stand in a method: no other letters than capitals. */
function isMethodChar(octet: number): boolean {
  return (octet >= 0x41 && octet <= 0x5a) || octet === UNDERSCORE ||
    octet === HYPHEN;
}

/** Offset of what is no space, or `end`. */
function behindSpaces(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] === SPACE) at++;
  return at;
}

/**
 * Reads what a version may be: nothing, for HTTP/0.9, or one below 2.0 with
 * spaces behind it.
 *
 * @returns 0, with the version set, or the status of what is wrong with it.
 */
function readVersion(bytes: Uint8Array, at: number, end: number): number {
  if (isLineEnd(bytes, at, end)) {
    line.version = HTTP_0_9;
    return 0;
  }
  for (let i = 0; i < VERSION_NAME.length; i++, at++) {
    if (at === end || bytes[at] !== VERSION_NAME[i]) return BAD_REQUEST;
  }
  const major = at < end ? bytes[at++]! - DIGIT_0 : 0;
  if (major < 1 || major > 9) return BAD_REQUEST;
  if (major > 1) return VERSION_NOT_SUPPORTED;
  if (at < end && isDigit(bytes[at]!)) return VERSION_NOT_SUPPORTED;
  if (at === end || bytes[at] !== DOT) return BAD_REQUEST;
  const minorAt = ++at;
  let minor = 0;
  for (; at < end && isDigit(bytes[at]!); at++) {
    if (minor > MINOR_MAX) return BAD_REQUEST;
    minor = minor * 10 + bytes[at]! - DIGIT_0;
  }
  const restAt = behindSpaces(bytes, at, end);
  if (at === minorAt || !isLineEnd(bytes, restAt, end)) return BAD_REQUEST;
  line.version = HTTP_1_0 + minor;
  return 0;
}

/** Whether nothing is left of a line but its CR, if that. */
function isLineEnd(bytes: Uint8Array, at: number, end: number): boolean {
  return at === end || (at === end - 1 && bytes[at] === CR);
}

/** Whether an octet is a digit. */
function isDigit(octet: number): boolean {
  return octet >= DIGIT_0 && octet < DIGIT_0 + 10;
}

/**
 * Passes over scheme, host and port of an absolute URI, RFC 3986 §3.
 *
 * @returns Offset of the path: `at` if it is all there is; −1 if there is no
 * target, or another sort of it.
 */
function behindAuthority(bytes: Uint8Array, at: number, end: number): number {
  if (at < end && bytes[at] === SLASH) return at;
  const hostAt = behindScheme(bytes, at, end);
  if (hostAt < 0) return -1;
  let i = endOfHost(bytes, hostAt, end);
  if (i < 0) return -1;
  if (i < end && bytes[i] === COLON) {
    i++;
    while (i < end && isDigit(bytes[i]!)) i++;
  }
  if (i === end) return -1;
  const octet = bytes[i];
  const isPath = octet === SLASH || octet === QUESTION_MARK || octet === SPACE;
  return isPath ? i : -1;
}

/** Offset behind `scheme://`, or −1. */
function behindScheme(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && isSchemeChar(bytes[i]!)) i++;
  if (i === at || end - i < 3 || !isLetter(bytes[at]!)) return -1;
  const isThere = bytes[i] === COLON && bytes[i + 1] === SLASH &&
    bytes[i + 2] === SLASH;
  return isThere ? i + 3 : -1;
}

/** Whether an octet is a letter. */
function isLetter(octet: number): boolean {
  return isLetterOrDigit(octet) && !isDigit(octet);
}

/** Whether an octet may stand in a scheme, RFC 3986 §3.1. */
function isSchemeChar(octet: number): boolean {
  return isLetterOrDigit(octet) || octet === 0x2b || octet === HYPHEN ||
    octet === DOT;
}

/** Offset behind the host of an absolute URI; −1 if a bracket stays open. */
function endOfHost(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  if (i < end && bytes[i] === OPENING_BRACKET) {
    i++;
    while (i < end && IS_LITERAL_CHAR[bytes[i]!] === 1) i++;
    return i < end && bytes[i] === CLOSING_BRACKET ? i + 1 : -1;
  }
  while (i < end) {
    const octet = bytes[i]!;
    if (!isLetterOrDigit(octet) && octet !== DOT && octet !== HYPHEN) break;
    i++;
  }
  return i;
}

// Where in a path an octet stands: behind a name, a slash, `/.` or `/..`.
const IN_NAME = 0;
const BEHIND_SLASH = 1;
const BEHIND_DOTS = 3;

/**
 * Whether a path has no broken escape, none of the octet 0, and no `..` that
 * leads above the root, which is where nginx would have to look.
 */
function staysBelowRoot(bytes: Uint8Array, at: number, end: number): boolean {
  let place = IN_NAME;
  let depth = 0; // slashes of the path as it is resolved
  while (at < end) {
    let octet = bytes[at++]!;
    if (octet === QUESTION_MARK || octet === HASH) break;
    if (octet === PERCENT) {
      if (end - at < 2) return false;
      octet = hexadecimal(bytes, at, at + 1) << 4 |
        hexadecimal(bytes, at + 1, at + 2);
      if (octet <= 0) return false; // −1 is what is no digit
      at += 2;
    }
    if (octet === SLASH) {
      if (place === IN_NAME) depth++; // or it is one with the slash before
      if (place === BEHIND_DOTS && --depth === 0) return false;
      place = BEHIND_SLASH;
    } else if (octet === DOT && place !== IN_NAME && place !== BEHIND_DOTS) {
      place++;
    } else {
      place = IN_NAME;
    }
  }
  return place !== BEHIND_DOTS || depth > 1;
}

/** Whether nginx takes `[at, end)` for a host, with or without a port. */
export function isHost(bytes: Uint8Array, at: number, end: number): boolean {
  const isLiteral = at < end && bytes[at] === OPENING_BRACKET;
  let hostEnd = -1; // where the port begins, once it is known
  let dotAt = -1;
  for (let i = at; i < end; i++) {
    const octet = bytes[i]!;
    if (octet <= SPACE || octet === DELETE || octet === SLASH) return false;
    if (octet === DOT) {
      if (dotAt >= 0 && dotAt === i - 1) return false;
      dotAt = i;
    } else if (hostEnd >= 0) {
      continue;
    } else if (isLiteral) {
      if (octet === CLOSING_BRACKET) hostEnd = i + 1;
    } else if (octet === COLON) {
      hostEnd = i;
    }
  }
  if (hostEnd < 0) hostEnd = end;
  if (dotAt >= 0 && dotAt === hostEnd - 1) hostEnd--;
  return hostEnd > at;
}

/**
 * Reads the field line `[at, end)`, its line end but for LF included, into
 * {@linkcode field}. A name without a colon has an empty value; one with other
 * octets than letters, digits and hyphens is ignored.
 *
 * @returns 0, or the status of what is wrong with it.
 */
export function readFieldLine(
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  field.isIgnored = false;
  let i = at;
  for (; i < end && bytes[i] !== COLON && bytes[i] !== CR; i++) {
    const octet = bytes[i]!;
    if (octet <= SPACE || octet === DELETE) return BAD_REQUEST;
    if (!isLetterOrDigit(octet) && octet !== HYPHEN) field.isIgnored = true;
  }
  if (i === at) return BAD_REQUEST;
  field.nameEnd = i;
  if (i < end && bytes[i] === COLON) i = behindSpaces(bytes, i + 1, end);
  field.valueAt = i;
  field.valueEnd = i;
  for (; i < end && bytes[i] !== CR; i++) {
    if (bytes[i] === 0) return BAD_REQUEST;
    if (bytes[i] !== SPACE) field.valueEnd = i + 1;
  }
  while (i < end && bytes[i] === CR) i++;
  return i === end ? 0 : BAD_REQUEST;
}

/**
 * Reads the value of a `Content-Length`.
 *
 * @returns Length of the body, in `[0, 2^20]` octets; or less than zero: the
 * status of what is wrong with it, inverted.
 */
export function readLength(bytes: Uint8Array, at: number, end: number): number {
  if (at === end) return ~BAD_REQUEST;
  while (at < end && bytes[at] === DIGIT_0) at++;
  let length = 0;
  for (let i = at; i < end; i++) {
    if (!isDigit(bytes[i]!)) return ~BAD_REQUEST;
    if (length <= BODY_MAX) length = length * 10 + bytes[i]! - DIGIT_0;
  }
  if (length <= BODY_MAX) return length;
  return isBeyond(bytes, at, end) ? ~BAD_REQUEST : ~CONTENT_TOO_LARGE;
}

/** Whether digits, the first not 0, are more than a length can be. */
function isBeyond(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at !== LENGTH_MAX.length) return end - at > LENGTH_MAX.length;
  for (let i = 0; i < LENGTH_MAX.length; i++) {
    const difference = bytes[at + i]! - LENGTH_MAX[i]!;
    if (difference !== 0) return difference > 0;
  }
  return false;
}
