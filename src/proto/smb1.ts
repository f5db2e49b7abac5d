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

import type { Persona } from "../persona.ts";
import { CLOSE, DECLINE, DONE, type Exchange } from "../protocol.ts";
import { putBlob, takeBlob } from "./ntlm.ts";
import { guidOf, upgrade } from "./smb2.ts";
import {
  beginMessage,
  endMessage,
  join,
  netbiosName,
  putFileTime,
  putLength,
  putZeros,
  startsWith,
  STATUS_INVALID_PARAMETER,
  STATUS_LOGON_FAILURE,
  STATUS_MORE_PROCESSING_REQUIRED,
  STATUS_NETWORK_NAME_DELETED,
  STATUS_SUCCESS,
  statusOfShare,
  utf16,
} from "./smb_message.ts";
import {
  COMMAND,
  DIALECT,
  DOMAIN,
  LM_RESPONSE,
  NATIVE_LAN_MANAGER,
  NATIVE_OS,
  noteChallenge,
  noteOctets,
  noteText,
  PATH,
  RESPONSE,
  USER,
  VERSION,
} from "./smb_notes.ts";
import {
  ANONYMOUS,
  beginChallenge,
  beginSession,
  challengeHalf,
  enter,
  FRESH,
  hadSession,
  LOGIN,
  NO_SESSION,
  otherRandom,
  PHASE,
  sessionId,
  SMB1,
  SMB1_EXTENDED,
  UPGRADING,
} from "./smb_session.ts";
import { NEG_TOKEN_INIT } from "./spnego.ts";

/** Length of a header, in octets. */
export const SMB1_HEADER_LEN = 32;

// Offsets in a header.
const COMMAND_CODE = 4;
/** Offset in a header of 8 flags. */
export const SMB1_FLAGS = 9;
const FLAGS2 = 10;
const PID_HIGH = 12;
const TID = 24;
const UID = 28;
const MID = 30;

/** Flag: this is an answer. */
export const SMB1_RESPONSE = 0x80;
const CASELESS = 0x08;
const LONG_NAMES = 0x0001;
const EXTENDED_ATTRIBUTES = 0x0002;
const SIGNING = 0x0004;
const SIGNING_REQUIRED = 0x0010;
const EXTENDED_SECURITY = 0x0800;
const NT_STATUS = 0x4000;
const UNICODE = 0x8000;

const TREE_DISCONNECT = 0x71;
const NEGOTIATE = 0x72;
const SESSION_SETUP = 0x73;
const LOGOFF = 0x74;
const TREE_CONNECT = 0x75;
const ECHO = 0x2b;
const COMMANDS_END = 0xd8; // none from here on

// Status codes of DOS: class, and code in the upper half.
const ERR_ACCESS = 0x00050001;
const ERR_NETWORK_NAME = 0x00400001;
const ERR_INVALID = 0x00570001;
const ERR_INVALID_TID = 0x00050002;
const ERR_NO_COMMAND = 0x00160002;
const ERR_BAD_UID = 0x005b0002;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
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
const NT_LM_0_12 = encode("NT LM 0.12\0");
const NT_LANMAN_1_0 = encode("NT LANMAN 1.0\0"); // the same by another name
const SMB_2_002 = encode("SMB 2.002\0");
const SMB_2_WILDCARD = encode("SMB 2.???\0");
const NO_DIALECT = 0xffff;

const ECHOES_MAX = 3; // a client may ask for more, and that would be its gain
const ECHO_MAX = 2048; // octets; whoever sends more is up to something
const CAPABILITIES = 0x0080f3fd; // Samba's
const CAPABILITY_EXTENDED_SECURITY = 0x80000000 | 0;
const PID_RANDOM = 8; // index; those below are a salt of SMB2

// Words and octets of the request at hand; one instance, refilled.
const request = {
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

/** Answers a choice of dialects, MS-CIFS §2.2.4.52. */
function negotiate(exchange: Exchange, at: number): number {
  const { answer, arena } = exchange;
  const { bytes } = arena;
  let isUpgrade = false;
  let isWildcard = false;
  let ntIndex = NO_DIALECT;
  let lanManIndex = NO_DIALECT;
  const isWhole = request.end > request.at && bytes[request.end - 1] === 0;
  let dialectAt = request.at;
  for (let i = 0; isWhole && dialectAt < request.end; i++) {
    dialectAt++; // the format of what follows: text
    if (startsWith(bytes, dialectAt, request.end, NT_LM_0_12)) ntIndex = i;
    if (startsWith(bytes, dialectAt, request.end, NT_LANMAN_1_0)) {
      lanManIndex = i; // which Samba likes better
    }
    if (startsWith(bytes, dialectAt, request.end, SMB_2_002)) isUpgrade = true;
    if (startsWith(bytes, dialectAt, request.end, SMB_2_WILDCARD)) {
      isWildcard = true;
    }
    while (dialectAt < request.end && bytes[dialectAt] !== 0) dialectAt++;
    dialectAt++;
  }
  if (isUpgrade || isWildcard) {
    upgrade(exchange, isWildcard);
    if (isWildcard) enter(exchange, PHASE, UPGRADING);
    return DONE;
  }
  const index = lanManIndex === NO_DIALECT ? ntIndex : lanManIndex;
  const messageAt = beginMessage(exchange);
  if (!isWhole) {
    putError(exchange, at, ERR_INVALID);
  } else if (index === NO_DIALECT) {
    putHeader(exchange, at, STATUS_SUCCESS);
    answer.putUint8(1);
    answer.putUint16Le(NO_DIALECT);
    answer.putUint16Le(0);
  } else {
    putNegotiated(exchange, at, index);
  }
  endMessage(exchange, messageAt);
  return isWhole && index === NO_DIALECT ? CLOSE : DONE;
}

/** Appends the answer to a negotiation of NT LM 0.12, MS-SMB §2.2.4.5.2. */
function putNegotiated(exchange: Exchange, at: number, index: number): void {
  const { answer, arena, persona } = exchange;
  const { view } = arena;
  const flags2 = view.getUint16(at + FLAGS2, true);
  const isExtended = (flags2 & EXTENDED_SECURITY) !== 0;
  enter(exchange, PHASE, isExtended ? SMB1_EXTENDED : SMB1);
  noteOctets(exchange, DIALECT, NT_LM_0_12.subarray(0, -1));
  putHeader(exchange, at, STATUS_SUCCESS);
  if (isExtended) {
    putLength(exchange, answer.end - SMB1_HEADER_LEN + FLAGS2, flags2);
  }
  answer.putUint8(17);
  answer.putUint16Le(index);
  answer.putUint8(3); // users log in, with challenge and response
  answer.putUint16Le(50); // requests at a time
  answer.putUint16Le(1); // virtual circuits
  answer.putUint32Le(16_644); // octets of a message
  answer.putUint32Le(65_536); // octets of a raw one
  // The session key of Samba is its process.
  answer.putUint32Le(1024 + (otherRandom(exchange, PID_RANDOM) & 0x7fff));
  answer.putUint32Le(
    CAPABILITIES | (isExtended ? CAPABILITY_EXTENDED_SECURITY : 0),
  );
  putFileTime(exchange, exchange.now);
  answer.putUint16Le(0); // time zone
  answer.putUint8(isExtended ? 0 : 8);
  const lengthAt = answer.end;
  answer.putUint16Le(0);
  if (isExtended) {
    answer.put(guidOf(persona));
    answer.put(NEG_TOKEN_INIT);
  } else {
    beginChallenge(exchange);
    answer.putUint32(challengeHalf(exchange, 0));
    answer.putUint32(challengeHalf(exchange, 1));
    answer.put(stringsOf(persona).domainAndName); // UTF-16 in any case
  }
  putLength(exchange, lengthAt, answer.end - lengthAt - 2);
}

/** Answers SESSION_SETUP_ANDX, MS-CIFS §2.2.4.53 and MS-SMB §2.2.4.6. */
function setUpSession(exchange: Exchange, at: number): void {
  const { wordCount } = request;
  const isExtended = (exchange.state & PHASE) === SMB1_EXTENDED;
  if (wordCount === 12 && isExtended) setUpExtended(exchange, at);
  else if (wordCount === 12) putError(exchange, at, ERR_ACCESS);
  else if (wordCount === 13 || wordCount === 10) setUpBasic(exchange, at);
  else putError(exchange, at, ERR_INVALID);
}

/** Answers a login with SPNEGO or NTLMSSP. */
function setUpExtended(exchange: Exchange, at: number): void {
  const { answer, arena } = exchange;
  const { view } = arena;
  const length = view.getUint16(request.wordsAt + 14, true);
  const blobEnd = request.at + length;
  const isNew = view.getUint16(at + UID, true) === 0;
  if (!isNew && !isInSession(exchange, at)) {
    putError(exchange, at, ERR_BAD_UID);
    return;
  }
  if (isNew) beginSession(exchange);
  let status = STATUS_INVALID_PARAMETER;
  if (length === 0) {
    status = STATUS_LOGON_FAILURE;
  } else if (blobEnd <= request.end) {
    status = takeBlob(exchange, request.at, blobEnd);
    const osAt = alignText(at, blobEnd);
    noteStrings(exchange, osAt, NATIVE_OS, NATIVE_LAN_MANAGER);
  }
  if (
    status !== STATUS_SUCCESS && status !== STATUS_MORE_PROCESSING_REQUIRED
  ) {
    enter(exchange, LOGIN, NO_SESSION);
    putError(exchange, at, status);
    return;
  }
  putHeader(exchange, at, status);
  answer.putUint8(4);
  answer.putUint32Le(0xff); // nothing follows in this message
  answer.putUint16Le(0); // not a guest
  const lengthAt = answer.end;
  answer.putUint16Le(0);
  answer.putUint16Le(0);
  putBlob(exchange);
  putLength(exchange, lengthAt, answer.end - lengthAt - 4);
  putStrings(exchange);
  putLength(exchange, lengthAt + 2, answer.end - lengthAt - 4);
}

/** Answers a login with a response, or a password, in the message itself. */
function setUpBasic(exchange: Exchange, at: number): void {
  const { answer, arena } = exchange;
  const { view } = arena;
  const { wordCount, wordsAt } = request;
  const lmLen = view.getUint16(wordsAt + 14, true);
  const ntLen = wordCount === 13 ? view.getUint16(wordsAt + 16, true) : 0;
  if (lmLen + ntLen > request.end - request.at) {
    putError(exchange, at, STATUS_INVALID_PARAMETER);
    return;
  }
  const ntAt = request.at + lmLen;
  const userAt = alignText(at, ntAt + ntLen);
  const userEnd = endOfText(arena.bytes, userAt);
  const restAt = noteStrings(exchange, userAt, USER, DOMAIN);
  noteStrings(exchange, restAt, NATIVE_OS, NATIVE_LAN_MANAGER);
  if (ntLen > 0 || lmLen > 1) {
    noteText(exchange, RESPONSE, ntAt, ntAt + ntLen, false);
    noteText(exchange, LM_RESPONSE, request.at, ntAt, false);
    noteChallenge(exchange);
  }
  beginSession(exchange);
  if (userEnd > userAt || ntLen > 0 || lmLen > 1) {
    enter(exchange, LOGIN, NO_SESSION);
    putError(exchange, at, STATUS_LOGON_FAILURE);
    return;
  }
  enter(exchange, LOGIN, ANONYMOUS);
  putHeader(exchange, at, STATUS_SUCCESS);
  answer.putUint8(3);
  answer.putUint32Le(0xff);
  answer.putUint16Le(0);
  const lengthAt = answer.end;
  answer.putUint16Le(0);
  putStrings(exchange);
  putLength(exchange, lengthAt, answer.end - lengthAt - 2);
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

/** Identifier of the session: not 0, and neither of the reserved ones. */
function uidOf(exchange: Exchange): number {
  const id = sessionId(exchange) & 0xffff;
  return id === 0 || id >= 0xfffe ? 100 : id;
}

/** Whether a request belongs to the session. */
function isInSession(exchange: Exchange, at: number): boolean {
  return (exchange.state & LOGIN) !== NO_SESSION &&
    exchange.arena.view.getUint16(at + UID, true) === uidOf(exchange);
}

/** Appends the header and the empty body of an error. */
function putError(exchange: Exchange, at: number, status: number): void {
  putHeader(exchange, at, status);
  putZeros(exchange, 3);
}

/** Appends the header of the answer to the request at `at`. */
function putHeader(exchange: Exchange, at: number, status: number): void {
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
function alignText(at: number, textAt: number): number {
  return request.isUnicode && (textAt - at) % 2 === 1 ? textAt + 1 : textAt;
}

/** Offset of what ends the text at `at`. */
function endOfText(bytes: Uint8Array, at: number): number {
  const { end, isUnicode } = request;
  if (!isUnicode) {
    while (at < end && bytes[at] !== 0) at++;
    return at;
  }
  while (end - at >= 2 && (bytes[at] !== 0 || bytes[at + 1] !== 0)) at += 2;
  return at;
}

/** Notes two texts, and returns the offset behind them. */
function noteStrings(
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

/** What a persona says of itself. */
interface Strings {
  /** Operating system, LAN manager and domain, in UTF-16 and in ASCII. */
  readonly native: { readonly unicode: Uint8Array; readonly oem: Uint8Array };
  /** Domain and name, in UTF-16. */
  readonly domainAndName: Uint8Array;
}

const STRINGS = new Map<Persona, Strings>();

function stringsOf(persona: Persona): Strings {
  let strings = STRINGS.get(persona);
  if (strings === undefined) {
    const { domain, nativeLanManager, nativeOs } = persona.smb;
    const native = `${nativeOs}\0${nativeLanManager}\0${domain}\0`;
    strings = {
      native: { unicode: utf16(native), oem: encode(native) },
      domainAndName: join(
        utf16(`${domain}\0`),
        utf16(`${netbiosName(persona)}\0`),
      ),
    };
    STRINGS.set(persona, strings);
  }
  return strings;
}

/** Appends what the server is, in UTF-16 if the request is. */
function putStrings(exchange: Exchange): void {
  const { answer, persona } = exchange;
  const { native } = stringsOf(persona);
  if (!request.isUnicode) {
    answer.put(native.oem);
    return;
  }
  // Headers of NetBIOS and SMB1 are a multiple of two octets.
  if ((answer.end - answer.at) % 2 === 1) answer.putUint8(0);
  answer.put(native.unicode);
}
