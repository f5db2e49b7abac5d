/**
 * Negotiation of SMB2 and SMB3: dialect, capabilities, and from 3.1.1 on what
 * else there is to choose. MS-SMB2 §2.2.3, §2.2.4.
 *
 * @module
 */

import { encode } from "../octets.ts";
import type { Persona } from "../persona.ts";
import type { Exchange } from "../protocol.ts";
import { putError, putHeader, SMB2_HEADER_LEN } from "./smb2_header.ts";
import {
  beginMessage,
  endMessage,
  putFileTime,
  putZeros,
  STATUS_INVALID_PARAMETER,
  STATUS_NO_PREAUTH_OVERLAP,
  STATUS_NOT_SUPPORTED,
  STATUS_SUCCESS,
} from "./smb_message.ts";
import { DIALECT, noteOctets, STATUS } from "./smb_notes.ts";
import { enter, otherRandom, PHASE, SMB2 } from "./smb_session.ts";
import { NEG_TOKEN_INIT } from "./spnego.ts";

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

// What the contexts of a request ask for; one instance, refilled. −1: nothing.
const wanted = { hash: -1, cipher: -1, signing: -1 };

/**
 * Answers a negotiation of SMB1 that offers SMB2.
 *
 * @param exchange Conversation.
 * @param isWildcard Whether the dialect is yet to be negotiated.
 */
export function upgrade(exchange: Exchange, isWildcard: boolean): void {
  const at = beginMessage(exchange);
  const statusAt = exchange.answer.end + UPGRADE_STATUS;
  exchange.answer.put(UPGRADE_HEADER);
  exchange.note(STATUS, statusAt, statusAt + 4);
  const dialect = isWildcard ? WILDCARD : SMB_2_0_2;
  putNegotiated(exchange, dialect, capabilitiesOf(dialect, 0));
  endMessage(exchange, at);
}

const UPGRADE_HEADER = Uint8Array.fromHex(
  "fe534d4240000000000000000000010001000000" + "00".repeat(44),
);
const UPGRADE_STATUS = 8; // offset

/**
 * Answers a NEGOTIATE request.
 *
 * @param exchange Conversation.
 * @param at Offset of the request's header.
 * @param end Offset one past the last octet of the request.
 */
export function negotiate(exchange: Exchange, at: number, end: number): void {
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
