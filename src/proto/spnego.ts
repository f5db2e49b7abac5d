/**
 * Simple and protected negotiation of a security mechanism, as far as a server
 * needs it that knows one: NTLMSSP.
 *
 * ```text
 *  [APPLICATION 0] { SPNEGO, [0] NegTokenInit {
 *    [0] mechTypes, …, [2] mechToken, … } }
 *  [1] NegTokenResp {
 *    [0] negState, [1] supportedMech, [2] responseToken, … }
 * ```
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc4178#section-4.2 | RFC 4178 §4.2}
 *
 * @module
 */

import { encode, join, startsWith } from "../octets.ts";
import type { Exchange } from "../protocol.ts";

// Tags of DER, X.690.
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const ENUMERATED = 0x0a;
const SEQUENCE = 0x30;
const APPLICATION_0 = 0x60;
const CONTEXT_0 = 0xa0;
const CONTEXT_1 = 0xa1;
const CONTEXT_2 = 0xa2;

// States of a negotiation, RFC 4178 §4.2.2.
const ACCEPT_COMPLETED = 0;
/** State: go on. */
export const ACCEPT_INCOMPLETE = 1;
/** State: go on with another mechanism than the one you wanted. */
export const REQUEST_MIC = 3;

/** Result of {@linkcode findToken}: {@linkcode token} says where it is. */
export const FOUND = 0;
/** Result: the message has none. */
export const NO_TOKEN = 1;
/** Result: it is of a mechanism that the client likes better than NTLMSSP. */
export const OTHER_MECHANISM = 2;
/** Result: this is not SPNEGO, or NTLMSSP is out of the question. */
export const NOT_SPNEGO = 3;

/** `NTLMSSP` as Microsoft numbers it, 1.3.6.1.4.1.311.2.2.10, in DER. */
export const NTLMSSP_OID: Uint8Array = Uint8Array.fromHex(
  "060a2b06010401823702020a",
);
/** SPNEGO, 1.3.6.1.5.5.2, in DER. */
export const SPNEGO_OID: Uint8Array = Uint8Array.fromHex("06062b0601050502");

/** What Samba offers in its NegTokenInit: NTLMSSP alone, and a hint. */
export const NEG_TOKEN_INIT: Uint8Array = join(
  Uint8Array.fromHex("6048"),
  SPNEGO_OID,
  Uint8Array.fromHex("a03e303ca00e300c"),
  NTLMSSP_OID,
  Uint8Array.fromHex("a32a3028a0261b24"),
  encode("not_defined_in_RFC4178@please_ignore"),
);

/** The message of the mechanism that was found last. */
export const token = {
  /** Offset of its first octet. */
  at: 0,
  /** Offset one past its last octet. */
  end: 0,
};

/**
 * Finds the message of the mechanism in one of SPNEGO.
 *
 * @param bytes Memory that it is in.
 * @param at Offset of its first octet.
 * @param end Offset one past its last octet.
 * @returns {@linkcode FOUND}, {@linkcode NO_TOKEN},
 * {@linkcode OTHER_MECHANISM} or {@linkcode NOT_SPNEGO}.
 */
export function findToken(bytes: Uint8Array, at: number, end: number): number {
  const responseAt = open(bytes, at, end, CONTEXT_1);
  if (responseAt >= 0) {
    at = open(bytes, responseAt, contentEnd, SEQUENCE);
    return at < 0 ? NOT_SPNEGO : findElement2(bytes, at, contentEnd);
  }
  at = open(bytes, at, end, APPLICATION_0);
  if (at < 0 || !startsWith(bytes, at, contentEnd, SPNEGO_OID)) {
    return NOT_SPNEGO;
  }
  at = open(bytes, at + SPNEGO_OID.length, contentEnd, CONTEXT_0);
  if (at >= 0) at = open(bytes, at, contentEnd, SEQUENCE);
  if (at < 0) return NOT_SPNEGO;
  const initEnd = contentEnd;

  at = open(bytes, at, initEnd, CONTEXT_0);
  if (at < 0) return NOT_SPNEGO;
  const mechanismsEnd = contentEnd;
  at = open(bytes, at, mechanismsEnd, SEQUENCE);
  if (at < 0) return NOT_SPNEGO;
  // The token is for the first mechanism, which may not be ours.
  const isFirst = startsWith(bytes, at, mechanismsEnd, NTLMSSP_OID);
  while (!startsWith(bytes, at, mechanismsEnd, NTLMSSP_OID)) {
    if (open(bytes, at, mechanismsEnd, OBJECT_IDENTIFIER) < 0) {
      return NOT_SPNEGO;
    }
    at = contentEnd;
  }
  return isFirst
    ? findElement2(bytes, mechanismsEnd, initEnd)
    : OTHER_MECHANISM;
}

/** Finds the token among the elements of a sequence. */
function findElement2(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const contentAt = open(bytes, at, end, bytes[at]!);
    if (contentAt < 0) return NO_TOKEN;
    if (bytes[at] === CONTEXT_2) {
      token.at = open(bytes, contentAt, contentEnd, OCTET_STRING);
      token.end = contentEnd;
      return token.at < 0 ? NO_TOKEN : FOUND;
    }
    at = contentEnd;
  }
  return NO_TOKEN;
}

let contentEnd = 0; // of the element opened last

/**
 * Opens an element of DER.
 *
 * @returns Offset of its content, whose end is then in `contentEnd`, or −1.
 */
function open(
  bytes: Uint8Array,
  at: number,
  end: number,
  tag: number,
): number {
  if (end - at < 2 || bytes[at] !== tag) return -1;
  let length = bytes[at + 1]!;
  let contentAt = at + 2;
  if (length >= 0x80) {
    const octets = length - 0x80;
    if (octets > 2 || end - contentAt < octets) return -1;
    length = 0;
    for (let i = 0; i < octets; i++) length = length << 8 | bytes[contentAt++]!;
  }
  if (end - contentAt < length) return -1;
  contentEnd = contentAt + length;
  return contentAt;
}

/**
 * Appends a NegTokenResp that ends a negotiation.
 *
 * @param exchange Where to.
 */
export function putCompleted(exchange: Exchange): void {
  putTag(exchange, CONTEXT_1, 2 + STATE_LEN);
  putTag(exchange, SEQUENCE, STATE_LEN);
  putState(exchange, ACCEPT_COMPLETED);
}

/**
 * Appends a NegTokenResp that asks for NTLMSSP, as far as its token, which is
 * to be appended next.
 *
 * @param exchange Where to.
 * @param state {@linkcode ACCEPT_INCOMPLETE} or {@linkcode REQUEST_MIC}.
 * @param tokenLen Length of the token in octets, 0 if there is none.
 */
export function putResponse(
  exchange: Exchange,
  state: number,
  tokenLen: number,
): void {
  const stringLen = elementLen(tokenLen);
  const length = STATE_LEN + elementLen(NTLMSSP_OID.length) +
    (tokenLen > 0 ? elementLen(stringLen) : 0);
  putTag(exchange, CONTEXT_1, elementLen(length));
  putTag(exchange, SEQUENCE, length);
  putState(exchange, state);
  putTag(exchange, CONTEXT_1, NTLMSSP_OID.length);
  exchange.answer.put(NTLMSSP_OID);
  if (tokenLen === 0) return;
  putTag(exchange, CONTEXT_2, stringLen);
  putTag(exchange, OCTET_STRING, tokenLen);
}

const STATE_LEN = 5;

/** Appends the state of a negotiation, element [0]. */
function putState(exchange: Exchange, state: number): void {
  putTag(exchange, CONTEXT_0, 3);
  putTag(exchange, ENUMERATED, 1);
  exchange.answer.putUint8(state);
}

/** Appends a tag and a length. */
function putTag({ answer }: Exchange, tag: number, length: number): void {
  answer.putUint8(tag);
  if (length >= 0x100) answer.putUint16(0x8200 | length >> 8);
  else if (length >= 0x80) answer.putUint8(0x81);
  answer.putUint8(length);
}

/** Length of an element with so many octets of content. */
function elementLen(contentLen: number): number {
  return (contentLen < 0x80 ? 2 : contentLen < 0x100 ? 3 : 4) + contentLen;
}
