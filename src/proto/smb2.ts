/**
 * Server Message Block, versions 2 and 3, up to the login. Behaves like Samba
 * that lets nobody in but those without a name, who then may not do anything.
 *
 * ```text
 *  Requests in one message, each but the last with the offset of the next:
 *  +-----------+---------+---------+-----------+---------+
 *  | header 64 | command | padding | header 64 | command |
 *  +-----------+---------+---------+-----------+---------+
 * ```
 *
 * @see {@link https://learn.microsoft.com/openspecs/windows_protocols/ms-smb2/ | MS-SMB2 §2.2}
 *
 * @module
 */

import { encode } from "../octets.ts";
import { CLOSE, DECLINE, DONE, type Exchange } from "../protocol.ts";
import { putBlob, takeBlob } from "./ntlm.ts";
import {
  beginCredits,
  COMMAND_CODE,
  isInSession,
  NEGOTIATE,
  NEXT_COMMAND,
  putError,
  putHeader,
  SESSION_ID,
  SESSION_SETUP,
  SIGNED,
  SMB2_FLAGS,
  SMB2_HEADER_LEN,
  SMB2_RESPONSE,
} from "./smb2_header.ts";
import { negotiate } from "./smb2_negotiate.ts";
import {
  beginMessage,
  endMessage,
  putLength,
  putZeros,
  STATUS_INVALID_PARAMETER,
  STATUS_MORE_PROCESSING_REQUIRED,
  STATUS_NETWORK_NAME_DELETED,
  STATUS_SUCCESS,
  STATUS_USER_SESSION_DELETED,
  statusOfShare,
} from "./smb_message.ts";
import { COMMAND, noteOctets, noteText, PATH, VERSION } from "./smb_notes.ts";
import {
  ANONYMOUS,
  beginSession,
  enter,
  LOGIN,
  NO_SESSION,
  PHASE,
  SMB2,
} from "./smb_session.ts";

const LOGOFF = 2;
const TREE_CONNECT = 3;
const CANCEL = 12;
const ECHO = 13;

// What the fixed part of each command's request begins with: its own length,
// and one more if something follows.
const STRUCTURE_SIZES = Uint8Array.of(
  ...[36, 25, 4, 9, 4, 57, 24, 24, 49, 49, 48, 57, 4, 4, 33, 32, 41, 33, 24],
);

const COMMAND_NAMES = [
  ...["Negotiate-Protocol", "SessionSetup", "Logoff", "TreeConnect"],
  ...["TreeDisconnect", "Create", "Close", "Flush", "Read", "Write", "Lock"],
  ...["Ioctl", "Cancel", "Echo", "Find", "Notify", "GetInfo", "SetInfo"],
  "Break",
].map(encode);

const VERSION_2 = encode("2");
const COMPOUND_MAX = 16; // commands in one message

// Offsets in a SESSION_SETUP and a TREE_CONNECT request, from the header.
const BLOB_OFFSET = 76;
const BLOB_LEN = 78;
const BLOB = 88;
const PATH_OFFSET = 68;
const PATH_LEN = 70;

/**
 * Answers a message.
 *
 * @param exchange Conversation.
 * @param at Offset of the first octet of the first header.
 * @param end Offset one past the last octet of the message.
 * @returns `DONE`, `CLOSE` or `DECLINE`.
 */
export function replySmb2(
  exchange: Exchange,
  at: number,
  end: number,
): number {
  const { answer, arena } = exchange;
  const messageAt = beginMessage(exchange);
  beginCredits();
  let formerAt = 0; // of the answer before
  for (let i = 0;; i++) {
    if (i === COMPOUND_MAX || end - at < SMB2_HEADER_LEN + 2) {
      return hangUp(exchange);
    }
    const flags = arena.view.getInt32(at + SMB2_FLAGS, true);
    if (flags & SMB2_RESPONSE) return DECLINE;
    const offset = arena.view.getInt32(at + NEXT_COMMAND, true);
    if (offset !== 0 && (offset < SMB2_HEADER_LEN || offset > end - at)) {
      return hangUp(exchange);
    }
    const commandEnd = offset === 0 ? end : at + offset;
    const answerAt = answer.end;
    if (!answerCommand(exchange, at, commandEnd)) return hangUp(exchange);
    if (answer.end > answerAt) {
      if (i > 0 || offset !== 0) {
        putZeros(exchange, -(answer.end - messageAt - 4) & 7);
      }
      if (formerAt > 0 && !answer.overflowed) {
        arena.view.setInt32(
          formerAt + NEXT_COMMAND,
          answerAt - formerAt,
          true,
        );
      }
      formerAt = answerAt;
    }
    if (offset === 0) break;
    at = commandEnd;
  }
  if (formerAt === 0) answer.clear();
  else endMessage(exchange, messageAt);
  return DONE;
}

/** Says nothing more, and hangs up. */
function hangUp({ answer }: Exchange): number {
  answer.clear();
  return CLOSE;
}

/** Answers one command; false if Samba would hang up. */
function answerCommand(exchange: Exchange, at: number, end: number): boolean {
  const { view } = exchange.arena;
  const command = view.getUint16(at + COMMAND_CODE, true);
  const phase = exchange.state & PHASE;
  if ((phase === SMB2) === (command === NEGOTIATE)) return false;
  if (command === CANCEL) return true; // there is nothing to cancel
  const size = STRUCTURE_SIZES[command] ?? -1;
  if (
    view.getUint16(at + SMB2_HEADER_LEN, true) !== size ||
    end - at - SMB2_HEADER_LEN < (size & ~1)
  ) {
    putError(exchange, at, STATUS_INVALID_PARAMETER);
    return true;
  }
  if (exchange.listening) {
    noteOctets(exchange, VERSION, VERSION_2);
    noteOctets(exchange, COMMAND, COMMAND_NAMES[command]!);
  }
  const isSigned = (view.getInt32(at + SMB2_FLAGS, true) & SIGNED) !== 0;
  if (isSigned && (exchange.state & LOGIN) !== ANONYMOUS) { // with which key?
    putError(
      exchange,
      at,
      command === NEGOTIATE
        ? STATUS_INVALID_PARAMETER
        : STATUS_USER_SESSION_DELETED,
    );
    return true;
  }
  switch (command) {
    case NEGOTIATE:
      negotiate(exchange, at, end);
      break;
    case SESSION_SETUP:
      setUpSession(exchange, at, end);
      break;
    case ECHO: // needs no session
      putHeader(exchange, at, STATUS_SUCCESS);
      exchange.answer.putUint32Le(STRUCTURE_SIZES[ECHO]!);
      break;
    default:
      answerStranger(exchange, at, end, command);
  }
  return true;
}

/** Answers a SESSION_SETUP request. */
function setUpSession(exchange: Exchange, at: number, end: number): void {
  const { answer } = exchange;
  const { view } = exchange.arena;
  const isNew = view.getInt32(at + SESSION_ID, true) === 0 &&
    view.getInt32(at + SESSION_ID + 4, true) === 0;
  if (!isNew && !isInSession(exchange, at)) {
    putError(exchange, at, STATUS_USER_SESSION_DELETED);
    return;
  }
  const offset = view.getUint16(at + BLOB_OFFSET, true);
  const length = view.getUint16(at + BLOB_LEN, true);
  if (offset < BLOB || length === 0 || length > end - at - offset) {
    putError(exchange, at, STATUS_INVALID_PARAMETER);
    return;
  }
  if (isNew) beginSession(exchange);
  const status = takeBlob(exchange, at + offset, at + offset + length);
  if (
    status !== STATUS_SUCCESS && status !== STATUS_MORE_PROCESSING_REQUIRED
  ) {
    putError(exchange, at, status);
    return;
  }
  putHeader(exchange, at, status);
  answer.putUint16Le(9);
  answer.putUint16Le(0); // neither guest nor null, says Samba
  answer.putUint16Le(SMB2_HEADER_LEN + 8);
  const lengthAt = answer.end;
  answer.putUint16Le(0);
  putBlob(exchange);
  putLength(exchange, lengthAt, answer.end - lengthAt - 2);
}

/** Answers a command that needs a session, and mostly a tree. */
function answerStranger(
  exchange: Exchange,
  at: number,
  end: number,
  command: number,
): void {
  if (command === TREE_CONNECT && !notePath(exchange, at, end)) {
    putError(exchange, at, STATUS_INVALID_PARAMETER);
  } else if (
    !isInSession(exchange, at) || (exchange.state & LOGIN) !== ANONYMOUS
  ) {
    putError(exchange, at, STATUS_USER_SESSION_DELETED);
  } else if (command === LOGOFF) {
    putHeader(exchange, at, STATUS_SUCCESS);
    exchange.answer.putUint32Le(STRUCTURE_SIZES[LOGOFF]!);
    enter(exchange, LOGIN, NO_SESSION);
  } else if (command === TREE_CONNECT) {
    const { bytes, view } = exchange.arena;
    const pathAt = at + view.getUint16(at + PATH_OFFSET, true);
    const pathEnd = pathAt + view.getUint16(at + PATH_LEN, true);
    putError(exchange, at, statusOfShare(bytes, pathAt, pathEnd, true));
  } else {
    putError(exchange, at, STATUS_NETWORK_NAME_DELETED);
  }
}

/** Notes the path of a TREE_CONNECT; false if it is not in the request. */
function notePath(exchange: Exchange, at: number, end: number): boolean {
  const { view } = exchange.arena;
  const offset = view.getUint16(at + PATH_OFFSET, true);
  const length = view.getUint16(at + PATH_LEN, true);
  if (offset > end - at || length > end - at - offset) return false;
  noteText(exchange, PATH, at + offset, at + offset + length, true);
  return true;
}
