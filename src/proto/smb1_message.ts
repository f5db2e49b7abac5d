/**
 * Messages of SMB1: their header, and the text in them. MS-CIFS §2.2.3.
 *
 * @module
 */

import { encode } from "../octets.ts";
import type { Exchange } from "../protocol.ts";
import {
  putZeros,
  STATUS_MORE_PROCESSING_REQUIRED,
  STATUS_SUCCESS,
} from "./smb_message.ts";
import { noteText, STATUS } from "./smb_notes.ts";
import {
  LOGIN,
  NO_SESSION,
  PHASE,
  sessionId,
  SMB1_EXTENDED,
} from "./smb_session.ts";

/** Length of a header, in octets. */
export const SMB1_HEADER_LEN = 32;

// Offsets in a header.
/** Offset in a header of the command. */
export const COMMAND_CODE = 4;
/** Offset in a header of 8 flags. */
export const SMB1_FLAGS = 9;
/** Offset in a header of 16 more flags. */
export const FLAGS2 = 10;
const PID_HIGH = 12;
const TID = 24;
/** Offset in a header of the session. */
export const UID = 28;
const MID = 30;

// Flags.
/** Flag: this is an answer. */
export const SMB1_RESPONSE = 0x80;
const CASELESS = 0x08;
const LONG_NAMES = 0x0001;
const EXTENDED_ATTRIBUTES = 0x0002;
const SIGNING = 0x0004;
const SIGNING_REQUIRED = 0x0010;
/** Flag: logins use SPNEGO. */
export const EXTENDED_SECURITY = 0x0800;
const NT_STATUS = 0x4000;
/** Flag: text is UTF-16. */
export const UNICODE = 0x8000;

/** Command: log in. */
export const SESSION_SETUP = 0x73;

// Status codes of DOS: class, and code in the upper half.
/** Status of DOS: you may not. */
export const ERR_ACCESS = 0x00050001;
/** Status of DOS: a message that makes no sense. */
export const ERR_INVALID = 0x00570001;
/** Status of DOS: no such session. */
export const ERR_BAD_UID = 0x005b0002;

/** Words and octets of the request at hand; one instance, refilled. */
export const request = {
  /** Number of words. */
  wordCount: 0,
  /** Offset of the first word. */
  wordsAt: 0,
  /** Offset of the first octet. */
  at: 0,
  /** Offset one past the last octet. */
  end: 0,
  /** Whether text is UTF-16. */
  isUnicode: false,
};

/** Identifier of the session: not 0, and neither of the reserved ones. */
function uidOf(exchange: Exchange): number {
  const id = sessionId(exchange) & 0xffff;
  return id === 0 || id >= 0xfffe ? 100 : id;
}

/**
 * Whether a request belongs to the session.
 *
 * @param exchange Conversation.
 * @param at Offset of the request's header.
 * @returns Whether it does.
 */
export function isInSession(exchange: Exchange, at: number): boolean {
  return (exchange.state & LOGIN) !== NO_SESSION &&
    exchange.arena.view.getUint16(at + UID, true) === uidOf(exchange);
}

/**
 * Appends the header and the empty body of an error.
 *
 * @param exchange Conversation.
 * @param at Offset of the request's header.
 * @param status The error.
 */
export function putError(exchange: Exchange, at: number, status: number): void {
  putHeader(exchange, at, status);
  putZeros(exchange, 3);
}

/**
 * Appends the header of the answer to the request at `at`.
 *
 * @param exchange Conversation.
 * @param at Offset of the request's header.
 * @param status What the answer says.
 */
export function putHeader(
  exchange: Exchange,
  at: number,
  status: number,
): void {
  const { answer, arena } = exchange;
  const { view } = arena;
  const command = view.getUint8(at + COMMAND_CODE);
  const flags2 = view.getUint16(at + FLAGS2, true);
  const isDos = status > 0; // those of NT have the sign bit set
  const isSetUp = command === SESSION_SETUP &&
    (status === STATUS_SUCCESS || status === STATUS_MORE_PROCESSING_REQUIRED);
  answer.putUint32(0xff534d42 | 0);
  answer.putUint8(command);
  answer.putUint32Le(status);
  exchange.note(STATUS, answer.end - 4, answer.end);
  answer.putUint8(SMB1_RESPONSE | CASELESS);
  answer.putUint16Le(
    flags2 & (UNICODE | SIGNING_REQUIRED | SIGNING) |
      ((exchange.state & PHASE) === SMB1_EXTENDED ? EXTENDED_SECURITY : 0) |
      (isDos ? 0 : NT_STATUS) | EXTENDED_ATTRIBUTES | LONG_NAMES,
  );
  answer.copy(at + PID_HIGH, at + PID_HIGH + 2);
  if (command === SESSION_SETUP && flags2 & SIGNING_REQUIRED) {
    answer.put(NO_SIGNATURE);
  } else {
    putZeros(exchange, 8);
  }
  answer.putUint16Le(0);
  answer.copy(at + TID, at + UID);
  if (isSetUp) answer.putUint16Le(uidOf(exchange));
  else answer.copy(at + UID, at + MID);
  answer.copy(at + MID, at + SMB1_HEADER_LEN);
}

// In place of a signature where signing has not begun, MS-SMB §3.2.4.1.
const NO_SIGNATURE = encode("BSRSPYL ");

/** Offset at or behind `textAt` at which text begins in the request. */
export function alignText(at: number, textAt: number): number {
  return request.isUnicode && (textAt - at) % 2 === 1 ? textAt + 1 : textAt;
}

/** Offset of what ends the text at `at`. */
export function endOfText(bytes: Uint8Array, at: number): number {
  const { end, isUnicode } = request;
  if (!isUnicode) {
    while (at < end && bytes[at] !== 0) at++;
    return at;
  }
  while (end - at >= 2 && (bytes[at] !== 0 || bytes[at + 1] !== 0)) at += 2;
  return at;
}

/** Notes two texts, and returns the offset behind them. */
export function noteStrings(
  exchange: Exchange,
  at: number,
  field: number,
  nextField: number,
): number {
  const { bytes } = exchange.arena;
  const { isUnicode } = request;
  const charLen = isUnicode ? 2 : 1;
  const end = endOfText(bytes, at);
  const nextAt = end + charLen;
  const nextEnd = endOfText(bytes, nextAt);
  noteText(exchange, field, at, end, isUnicode);
  noteText(exchange, nextField, nextAt, nextEnd, isUnicode);
  return nextEnd + charLen;
}
