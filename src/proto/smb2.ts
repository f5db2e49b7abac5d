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

import type { Persona } from "../persona.ts";
import { CLOSE, DECLINE, DONE, type Exchange } from "../protocol.ts";
import { putBlob, takeBlob } from "./ntlm.ts";
import {
  beginMessage,
  endMessage,
  putFileTime,
  putLength,
  putZeros,
  STATUS_INVALID_PARAMETER,
  STATUS_MORE_PROCESSING_REQUIRED,
  STATUS_NETWORK_NAME_DELETED,
  STATUS_NO_PREAUTH_OVERLAP,
  STATUS_NOT_SUPPORTED,
  STATUS_SUCCESS,
  STATUS_USER_SESSION_DELETED,
  statusOfShare,
} from "./smb_message.ts";
import {
  COMMAND,
  DIALECT,
  noteOctets,
  noteText,
  PATH,
  VERSION,
} from "./smb_notes.ts";
import {
  ANONYMOUS,
  beginSession,
  enter,
  LOGIN,
  NO_SESSION,
  otherRandom,
  PHASE,
  sessionId,
  SMB2,
} from "./smb_session.ts";
import { NEG_TOKEN_INIT } from "./spnego.ts";

/** Length of a header, in octets. */
export const SMB2_HEADER_LEN = 64;

// Offsets in a header.
const CREDIT_CHARGE = 6;
const COMMAND_CODE = 12;
const CREDITS = 14;
/** Offset in a header of 32 flags, the lowest octet of which comes first. */
export const SMB2_FLAGS = 16;
const NEXT_COMMAND = 20;
const MESSAGE_ID = 24;
const SESSION_ID = 40;
const SIGNATURE = 48;

/** Flag: this is an answer. */
export const SMB2_RESPONSE = 0x01;
const RELATED = 0x04;
const SIGNED = 0x08;
const PRIORITY = 0x70;

const NEGOTIATE = 0;
const SESSION_SETUP = 1;
const LOGOFF = 2;
const TREE_CONNECT = 3;
const CANCEL = 12;
const ECHO = 13;
// What the fixed part of each command's request begins with: its own length,
// and one more if something follows.
const STRUCTURE_SIZES = Uint8Array.of(
  ...[36, 25, 4, 9, 4, 57, 24, 24, 49, 49, 48, 57, 4, 4, 33, 32, 41, 33, 24],
);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const COMMAND_NAMES = [
  ...["Negotiate-Protocol", "SessionSetup", "Logoff", "TreeConnect"],
  ...["TreeDisconnect", "Create", "Close", "Flush", "Read", "Write", "Lock"],
  ...["Ioctl", "Cancel", "Echo", "Find", "Notify", "GetInfo", "SetInfo"],
  "Break",
].map(encode);
const VERSION_2 = encode("2");

const SMB_2_0_2 = 0x0202;
const SMB_3_1_1 = 0x0311;
const WILDCARD = 0x02ff;
/** Dialects and their names; those that are answered come first. */
export const DIALECT_NAMES: ReadonlyMap<number, Uint8Array> = new Map(
  ([
    [SMB_2_0_2, "SMB 2.002"],
    [0x0210, "SMB 2.1"],
    [0x0300, "SMB 3.0"],
    [0x0302, "SMB 3.0.2"],
    [SMB_3_1_1, "SMB 3.1.1"],
    [0x0310, "SMB 3.1.0"],
    [WILDCARD, "SMB 2.???"],
  ] as const).map(([dialect, name]) => [dialect, encode(name)]),
);

const CREDITS_MAX = 8192;
const COMPOUND_MAX = 16; // commands in one message
const GUID_LEN = 16;

// Offsets in a NEGOTIATE request, from the header.
const DIALECT_COUNT = 66;
const CAPABILITIES = 72;
const CONTEXTS_OFFSET = 92;
const CONTEXT_COUNT = 96;
const DIALECTS = 100;
// Capabilities.
const DFS = 0x01;
const LEASING = 0x02;
const LARGE_MTU = 0x04;
const MULTI_CHANNEL = 0x08;
const ENCRYPTION = 0x40;
// Negotiate contexts, and how many octets they have in front of their data.
const PREAUTH_INTEGRITY = 1;
const ENCRYPTION_CIPHERS = 2;
const SIGNING_ALGORITHMS = 8;
const CONTEXT_HEADER_LEN = 8;
const SHA_512 = 1;
const SALT_LEN = 32;
const CIPHERS_MAX = 4; // the highest that there is
const AES_GMAC = 2; // the highest signing algorithm that there is
// Samba's order of preference, AES-128-GCM first, by cipher.
const CIPHER_RANKS = Uint8Array.of(0, 3, 4, 1, 2);

// Credits for the answers of a message, all given with the last.
let creditsOwed = 0;

// What the contexts of a request ask for; one instance, refilled. −1: nothing.
const wanted = { hash: -1, cipher: -1, signing: -1 };

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
  creditsOwed = 0;
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

/**
 * Answers a negotiation of SMB1 that offers SMB2.
 *
 * @param exchange Conversation.
 * @param isWildcard Whether the dialect is yet to be negotiated.
 */
export function upgrade(exchange: Exchange, isWildcard: boolean): void {
  const at = beginMessage(exchange);
  exchange.answer.put(UPGRADE_HEADER);
  const dialect = isWildcard ? WILDCARD : SMB_2_0_2;
  putNegotiated(exchange, dialect, capabilitiesOf(dialect, 0));
  endMessage(exchange, at);
}

const UPGRADE_HEADER = Uint8Array.fromHex(
  "fe534d4240000000000000000000010001000000" + "00".repeat(44),
);

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

/** Answers a NEGOTIATE request. */
function negotiate(exchange: Exchange, at: number, end: number): void {
  const { view } = exchange.arena;
  const count = view.getUint16(at + DIALECT_COUNT, true);
  if (count === 0 || 2 * count > end - at - DIALECTS) {
    putError(exchange, at, STATUS_INVALID_PARAMETER);
    return;
  }
  let dialect = 0;
  for (let i = 0; i < count; i++) {
    const offered = view.getUint16(at + DIALECTS + 2 * i, true);
    if (offered > dialect && isSpoken(offered)) dialect = offered;
  }
  let status = dialect === 0 ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
  wanted.cipher = -1;
  wanted.signing = -1;
  if (dialect === SMB_3_1_1) status = readContexts(exchange, at, end);
  if (status !== STATUS_SUCCESS) {
    putError(exchange, at, status);
    return;
  }
  const asked = view.getInt32(at + CAPABILITIES, true);
  if ((asked & ENCRYPTION) === 0) wanted.cipher = -1;
  const capabilities = capabilitiesOf(dialect, asked);
  putHeader(exchange, at, STATUS_SUCCESS);
  putNegotiated(
    exchange,
    dialect,
    wanted.cipher < 0 ? capabilities : capabilities & ~ENCRYPTION,
  );
}

/** Whether a dialect is one that a client may choose. */
function isSpoken(dialect: number): boolean {
  return dialect === SMB_2_0_2 || dialect === 0x0210 || dialect === 0x0300 ||
    dialect === 0x0302 || dialect === SMB_3_1_1;
}

/** Capabilities that Samba has with a dialect, by those of the client. */
function capabilitiesOf(dialect: number, asked: number): number {
  if (dialect === SMB_2_0_2) return DFS;
  const capabilities = DFS | LEASING | LARGE_MTU;
  return dialect < 0x0300
    ? capabilities
    : capabilities | asked & (MULTI_CHANNEL | ENCRYPTION);
}

/** Reads the contexts of a negotiation into {@linkcode wanted}. */
function readContexts(exchange: Exchange, at: number, end: number): number {
  const { view } = exchange.arena;
  wanted.hash = -1;
  const count = view.getUint16(at + CONTEXT_COUNT, true);
  let offset = view.getUint32(at + CONTEXTS_OFFSET, true);
  for (let i = 0; i < count; i++) {
    if (offset < DIALECTS || offset > end - at - CONTEXT_HEADER_LEN) {
      return STATUS_INVALID_PARAMETER;
    }
    const dataAt = at + offset + CONTEXT_HEADER_LEN;
    const type = view.getUint16(at + offset, true);
    const length = view.getUint16(at + offset + 2, true);
    if (length > end - dataAt) return STATUS_INVALID_PARAMETER;
    if (!readContext(view, type, dataAt, length)) {
      return STATUS_INVALID_PARAMETER;
    }
    offset += CONTEXT_HEADER_LEN + (length + 7 & ~7);
  }
  if (wanted.hash < 0) return STATUS_INVALID_PARAMETER;
  return wanted.hash === SHA_512 ? STATUS_SUCCESS : STATUS_NO_PREAUTH_OVERLAP;
}

/** Reads one context; false if it cannot be read. */
function readContext(
  view: DataView,
  type: number,
  at: number,
  length: number,
): boolean {
  if (
    type !== PREAUTH_INTEGRITY && type !== ENCRYPTION_CIPHERS &&
    type !== SIGNING_ALGORITHMS
  ) return true; // another server may understand it
  const listAt = type === PREAUTH_INTEGRITY ? 4 : 2; // behind a salt's length
  if (length < listAt) return false;
  const count = view.getUint16(at, true);
  if (count === 0 || 2 * count > length - listAt) return false;
  if (type === PREAUTH_INTEGRITY) wanted.hash = 0;
  if (type === ENCRYPTION_CIPHERS) wanted.cipher = 0;
  for (let i = 0; i < count; i++) {
    const id = view.getUint16(at + listAt + 2 * i, true);
    if (type === PREAUTH_INTEGRITY && id === SHA_512) wanted.hash = id;
    if (
      type === ENCRYPTION_CIPHERS && id <= CIPHERS_MAX &&
      CIPHER_RANKS[id]! > CIPHER_RANKS[wanted.cipher]!
    ) wanted.cipher = id;
    if (type === SIGNING_ALGORITHMS && id <= AES_GMAC) {
      wanted.signing = Math.max(wanted.signing, id);
    }
  }
  return true;
}

/** Appends the body of a NEGOTIATE response, MS-SMB2 §2.2.4. */
function putNegotiated(
  exchange: Exchange,
  dialect: number,
  capabilities: number,
): void {
  const { answer, persona } = exchange;
  const has311 = dialect === SMB_3_1_1;
  const contexts = 1 + (wanted.cipher < 0 ? 0 : 1) +
    (wanted.signing < 0 ? 0 : 1);
  const sizeMax = dialect === SMB_2_0_2 ? 0x10000 : 0x800000;
  const blobEnd = SMB2_HEADER_LEN + 64 + NEG_TOKEN_INIT.length;
  enter(exchange, PHASE, SMB2);
  answer.putUint16Le(65);
  answer.putUint16Le(1); // signing enabled
  answer.putUint16Le(dialect);
  answer.putUint16Le(has311 ? contexts : 0);
  answer.put(guidOf(persona));
  answer.putUint32Le(capabilities);
  answer.putUint32Le(sizeMax); // of a transaction
  answer.putUint32Le(sizeMax); // of a read
  answer.putUint32Le(sizeMax); // of a write
  putFileTime(exchange, exchange.now);
  putZeros(exchange, 8); // Samba does not tell when it was started
  answer.putUint16Le(SMB2_HEADER_LEN + 64);
  answer.putUint16Le(NEG_TOKEN_INIT.length);
  answer.putUint32Le(has311 ? blobEnd + 7 & ~7 : 0);
  answer.put(NEG_TOKEN_INIT);
  noteOctets(exchange, DIALECT, DIALECT_NAMES.get(dialect)!);
  if (!has311) return;

  putZeros(exchange, -blobEnd & 7);
  putContext(exchange, PREAUTH_INTEGRITY, 6 + SALT_LEN);
  answer.putUint16Le(1);
  answer.putUint16Le(SALT_LEN);
  answer.putUint16Le(SHA_512);
  for (let i = 0; i < SALT_LEN / 4; i++) {
    answer.putUint32(otherRandom(exchange, i));
  }
  let padding = -(6 + SALT_LEN) & 7;
  if (wanted.cipher >= 0) {
    putZeros(exchange, padding);
    putContext(exchange, ENCRYPTION_CIPHERS, 4);
    answer.putUint16Le(1);
    answer.putUint16Le(wanted.cipher); // 0 if there is none in common
    padding = 4;
  }
  if (wanted.signing >= 0) {
    putZeros(exchange, padding);
    putContext(exchange, SIGNING_ALGORITHMS, 4);
    answer.putUint16Le(1);
    answer.putUint16Le(wanted.signing);
  }
}

function putContext({ answer }: Exchange, type: number, length: number): void {
  answer.putUint16Le(type);
  answer.putUint16Le(length);
  answer.putUint32Le(0);
}

/**
 * Identifies a server as Samba does, by its name.
 *
 * @param persona Persona that is the server.
 * @returns 16 octets.
 */
export function guidOf(persona: Persona): Uint8Array {
  let guid = GUIDS.get(persona);
  if (guid === undefined) {
    guid = new Uint8Array(GUID_LEN);
    guid.set(encode(persona.hostName).subarray(0, GUID_LEN - 1));
    GUIDS.set(persona, guid);
  }
  return guid;
}

const GUIDS = new Map<Persona, Uint8Array>();

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

/** Whether a request belongs to the session, or to one before that does. */
function isInSession(exchange: Exchange, at: number): boolean {
  if ((exchange.state & LOGIN) === NO_SESSION) return false;
  const { view } = exchange.arena;
  const low = view.getInt32(at + SESSION_ID, true);
  const high = view.getInt32(at + SESSION_ID + 4, true);
  const isRelated = view.getInt32(at + SMB2_FLAGS, true) & RELATED;
  if (isRelated && low === -1 && high === -1) return true;
  return high === 0 && low === sessionId(exchange);
}

/** Appends the header and the body of an error, MS-SMB2 §2.2.2. */
function putError(exchange: Exchange, at: number, status: number): void {
  putHeader(exchange, at, status);
  exchange.answer.putUint16Le(9);
  putZeros(exchange, 7);
}

/** Appends the header of the answer to the request at `at`. */
function putHeader(exchange: Exchange, at: number, status: number): void {
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
