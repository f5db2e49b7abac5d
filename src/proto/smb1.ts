/**
 * Server Message Block, version 1, up to the login. Behaves like Samba that
 * lets nobody in but those without a name, who then may not do anything.
 *
 * ```text
 *  +-----------+-------+-----------+-------+-------------+
 *  | header 32 | count |   words   | count |   octets    |
 *  |           |   1   | 2 × count |   2   |    count    |
 *  +-----------+-------+-----------+-------+-------------+
 * ```
 *
 * @see {@link https://learn.microsoft.com/openspecs/windows_protocols/ms-cifs/ | MS-CIFS §2.2}
 * @see {@link https://learn.microsoft.com/openspecs/windows_protocols/ms-smb/ | MS-SMB §2.2}
 *
 * @module
 */

import { encode } from "../octets.ts";
import { CLOSE, DECLINE, DONE, type Exchange } from "../protocol.ts";
import { setUpSession } from "./smb1_login.ts";
import {
  alignText,
  COMMAND_CODE,
  endOfText,
  ERR_BAD_UID,
  ERR_INVALID,
  FLAGS2,
  isInSession,
  putError,
  putHeader,
  request,
  SESSION_SETUP,
  SMB1_FLAGS,
  SMB1_HEADER_LEN,
  SMB1_RESPONSE,
  UNICODE,
} from "./smb1_message.ts";
import { negotiate } from "./smb1_negotiate.ts";
import {
  beginMessage,
  endMessage,
  STATUS_NETWORK_NAME_DELETED,
  STATUS_SUCCESS,
  statusOfShare,
} from "./smb_message.ts";
import { COMMAND, noteOctets, noteText, PATH, VERSION } from "./smb_notes.ts";
import {
  ANONYMOUS,
  enter,
  FRESH,
  hadSession,
  LOGIN,
  NO_SESSION,
  PHASE,
  SMB1,
  SMB1_EXTENDED,
} from "./smb_session.ts";

const TREE_DISCONNECT = 0x71;
const NEGOTIATE = 0x72;
const LOGOFF = 0x74;
const TREE_CONNECT = 0x75;
const ECHO = 0x2b;
const COMMANDS_END = 0xd8; // none from here on

// Status codes of DOS, more of which are in smb1_message.ts.
const ERR_NETWORK_NAME = 0x00400001;
const ERR_INVALID_TID = 0x00050002;
const ERR_NO_COMMAND = 0x00160002;

const COMMAND_NAMES: ReadonlyMap<number, Uint8Array> = new Map(
  ([
    [0x25, "Transaction"],
    [ECHO, "Echo"],
    [0x32, "Transaction2"],
    [TREE_DISCONNECT, "TreeDisconnect"],
    [NEGOTIATE, "Negotiate-Protocol"],
    [SESSION_SETUP, "SessionSetup"],
    [LOGOFF, "Logoff"],
    [TREE_CONNECT, "TreeConnect"],
    [0xa0, "NtTransaction"],
    [0xa2, "NtCreate"],
  ] as const).map(([command, name]) => [command, encode(name)]),
);

const OTHER_COMMAND = encode("Other");
const VERSION_1 = encode("1");
const ECHOES_MAX = 3; // a client may ask for more, and that would be its gain
const ECHO_MAX = 2048; // octets; whoever sends more is up to something

/**
 * Answers a message.
 *
 * @param exchange Conversation.
 * @param at Offset of the first octet of the header.
 * @param end Offset one past the last octet of the message.
 * @returns `DONE`, `CLOSE` or `DECLINE`.
 */
export function replySmb1(
  exchange: Exchange,
  at: number,
  end: number,
): number {
  const { view } = exchange.arena;
  if (end - at < SMB1_HEADER_LEN + 3) return CLOSE;
  request.wordCount = view.getUint8(at + SMB1_HEADER_LEN);
  request.wordsAt = at + SMB1_HEADER_LEN + 1;
  request.at = request.wordsAt + 2 * request.wordCount + 2;
  if (request.at > end) return CLOSE;
  const count = view.getUint16(request.at - 2, true);
  if (count > end - request.at) return CLOSE;
  request.end = request.at + count;
  request.isUnicode = (view.getUint16(at + FLAGS2, true) & UNICODE) !== 0;

  const command = view.getUint8(at + COMMAND_CODE);
  const phase = exchange.state & PHASE;
  if (view.getUint8(at + SMB1_FLAGS) & SMB1_RESPONSE) {
    // Nmap tries to log in again with our own flags. What really is an answer
    // has fewer words.
    const isLogin = command === SESSION_SETUP && request.wordCount >= 10;
    if (!isLogin || phase === FRESH) return DECLINE;
  }
  if (command === NEGOTIATE ? phase !== FRESH : !isSmb1(phase)) return CLOSE;
  if (exchange.listening) {
    noteOctets(exchange, VERSION, VERSION_1);
    noteOctets(
      exchange,
      COMMAND,
      COMMAND_NAMES.get(command) ?? OTHER_COMMAND,
    );
  }
  if (command === NEGOTIATE) return negotiate(exchange, at);
  if (command === ECHO) return echo(exchange, at);
  const messageAt = beginMessage(exchange);
  if (command === SESSION_SETUP) setUpSession(exchange, at);
  else answerStranger(exchange, at, command);
  endMessage(exchange, messageAt);
  return DONE;
}

function isSmb1(phase: number): boolean {
  return phase === SMB1 || phase === SMB1_EXTENDED;
}

/** Answers a command that needs a session, and mostly a tree. */
function answerStranger(
  exchange: Exchange,
  at: number,
  command: number,
): void {
  const isIn = isInSession(exchange, at) &&
    (exchange.state & LOGIN) === ANONYMOUS;
  if (command >= COMMANDS_END) {
    putError(exchange, at, ERR_NO_COMMAND);
  } else if (command === TREE_DISCONNECT) {
    putError(exchange, at, ERR_INVALID_TID);
  } else if (command === TREE_CONNECT && request.wordCount < 4) {
    putError(exchange, at, ERR_INVALID);
  } else if (command === TREE_CONNECT) {
    const { bytes, view } = exchange.arena;
    const { isUnicode } = request;
    const passwordLen = view.getUint16(request.wordsAt + 6, true);
    const pathAt = alignText(at, request.at + passwordLen);
    const pathEnd = endOfText(bytes, pathAt);
    noteText(exchange, PATH, pathAt, pathEnd, isUnicode);
    const status = statusOfShare(bytes, pathAt, pathEnd, isUnicode);
    putError(exchange, at, isIn ? status : ERR_BAD_UID);
  } else if (command === LOGOFF && isIn) {
    enter(exchange, LOGIN, NO_SESSION);
    putHeader(exchange, at, STATUS_SUCCESS);
    exchange.answer.putUint8(2);
    exchange.answer.putUint32Le(0xff);
    exchange.answer.putUint16Le(0);
  } else if (command === LOGOFF) {
    putError(exchange, at, ERR_BAD_UID);
  } else {
    // Before its first login a client has not said that it knows NT codes.
    putError(
      exchange,
      at,
      hadSession(exchange) ? STATUS_NETWORK_NAME_DELETED : ERR_NETWORK_NAME,
    );
  }
}

/** Answers ECHO, MS-CIFS §2.2.4.39, as often as it asks for. */
function echo(exchange: Exchange, at: number): number {
  const { answer, arena } = exchange;
  if (request.wordCount !== 1) {
    const messageAt = beginMessage(exchange);
    putError(exchange, at, ERR_INVALID);
    endMessage(exchange, messageAt);
    return DONE;
  }
  if (request.end - request.at > ECHO_MAX) return CLOSE;
  const count = arena.view.getUint16(request.wordsAt, true);
  for (let i = 1; i <= count && i <= ECHOES_MAX; i++) {
    const messageAt = beginMessage(exchange);
    putHeader(exchange, at, STATUS_SUCCESS);
    answer.putUint8(1);
    answer.putUint16Le(i);
    answer.putUint16Le(request.end - request.at);
    answer.copy(request.at, request.end);
    endMessage(exchange, messageAt);
  }
  return DONE;
}
