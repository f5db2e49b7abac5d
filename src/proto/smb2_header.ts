/**
 * Headers of SMB2 and SMB3. MS-SMB2 §2.2.1.
 *
 * @module
 */

import type { Exchange } from "../protocol.ts";
import {
  putZeros,
  STATUS_MORE_PROCESSING_REQUIRED,
  STATUS_SUCCESS,
} from "./smb_message.ts";
import { STATUS } from "./smb_notes.ts";
import { LOGIN, NO_SESSION, sessionId } from "./smb_session.ts";

/** Length of a header, in octets. */
export const SMB2_HEADER_LEN = 64;

// Offsets in a header.
const CREDIT_CHARGE = 6;
/** Offset in a header of the command. */
export const COMMAND_CODE = 12;
const CREDITS = 14;
/** Offset in a header of 32 flags, the lowest octet of which comes first. */
export const SMB2_FLAGS = 16;
/** Offset in a header of the offset of the next one. */
export const NEXT_COMMAND = 20;
const MESSAGE_ID = 24;
/** Offset in a header of the session. */
export const SESSION_ID = 40;
const SIGNATURE = 48;

// Flags.
/** Flag: this is an answer. */
export const SMB2_RESPONSE = 0x01;
const RELATED = 0x04;
/** Flag: there is a signature. */
export const SIGNED = 0x08;
const PRIORITY = 0x70;

/** Command: agree on a dialect. */
export const NEGOTIATE = 0;
/** Command: log in. */
export const SESSION_SETUP = 1;

const CREDITS_MAX = 8192;

// Credits for the answers of a message, all given with the last.
let creditsOwed = 0;

/** Owes no credits: a new message begins. */
export function beginCredits(): void {
  creditsOwed = 0;
}

/**
 * Whether a request belongs to the session, or to one before that does.
 *
 * @param exchange Conversation.
 * @param at Offset of the request's header.
 * @returns Whether it does.
 */
export function isInSession(exchange: Exchange, at: number): boolean {
  if ((exchange.state & LOGIN) === NO_SESSION) return false;
  const { view } = exchange.arena;
  const low = view.getInt32(at + SESSION_ID, true);
  const high = view.getInt32(at + SESSION_ID + 4, true);
  const isRelated = view.getInt32(at + SMB2_FLAGS, true) & RELATED;
  if (isRelated && low === -1 && high === -1) return true;
  return high === 0 && low === sessionId(exchange);
}

/**
 * Appends the header and the body of an error, MS-SMB2 §2.2.2.
 *
 * @param exchange Conversation.
 * @param at Offset of the request's header.
 * @param status The error.
 */
export function putError(exchange: Exchange, at: number, status: number): void {
  putHeader(exchange, at, status);
  exchange.answer.putUint16Le(9);
  putZeros(exchange, 7);
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
  const command = view.getUint16(at + COMMAND_CODE, true);
  const isSetUp = command === SESSION_SETUP &&
    (status === STATUS_SUCCESS || status === STATUS_MORE_PROCESSING_REQUIRED);
  const isGenerous = command !== NEGOTIATE &&
    (command !== SESSION_SETUP || status === STATUS_SUCCESS);
  const asked = isGenerous ? view.getUint16(at + CREDITS, true) : 1;
  creditsOwed = Math.min(creditsOwed + Math.max(asked, 1), CREDITS_MAX);
  const isLast = view.getInt32(at + NEXT_COMMAND, true) === 0;
  const flags = view.getInt32(at + SMB2_FLAGS, true);
  answer.putUint32(0xfe534d42 | 0);
  answer.putUint16Le(SMB2_HEADER_LEN);
  answer.copy(at + CREDIT_CHARGE, at + CREDIT_CHARGE + 2);
  answer.putUint32Le(status);
  exchange.note(STATUS, answer.end - 4, answer.end);
  answer.putUint16Le(command);
  answer.putUint16Le(isLast ? creditsOwed : 0);
  answer.putUint32Le(SMB2_RESPONSE | flags & (RELATED | SIGNED | PRIORITY));
  answer.putUint32Le(0); // no next command yet
  answer.copy(at + MESSAGE_ID, at + SESSION_ID);
  if (isSetUp) {
    answer.putUint32Le(sessionId(exchange));
    answer.putUint32Le(0);
  } else {
    answer.copy(at + SESSION_ID, at + SIGNATURE);
  }
  putZeros(exchange, SMB2_HEADER_LEN - SIGNATURE);
}
