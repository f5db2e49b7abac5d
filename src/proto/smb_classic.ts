/**
 * SMB as the original masscanned answers it: negotiation and login only, the
 * same challenge for everybody, no word about errors, and no state.
 *
 * @module
 */

import { encode, join, startsWith, utf16 } from "../octets.ts";
import { DECLINE, DONE, type Exchange } from "../protocol.ts";
import { noteBlob } from "./ntlm.ts";
import { DIALECT_NAMES } from "./smb2_negotiate.ts";
import {
  beginMessage,
  endMessage,
  putFileTime,
  putZeros,
} from "./smb_message.ts";
import {
  CHALLENGE_FIELD,
  COMMAND,
  DIALECT,
  noteOctets,
  STATUS,
  VERSION,
} from "./smb_notes.ts";
import { NTLMSSP_OID, SPNEGO_OID } from "./spnego.ts";

const hex = (text: string): Uint8Array =>
  Uint8Array.fromHex(text.replaceAll(" ", ""));

// Two messages of NEGOEX, each with its header's and its own length.
const CONVERSATION = hex("313c2a3ac72b3ca96dac3874a7dd1d5b");
const SCHEME = hex("5c33530deaf90d4db2ec4ae3786ec308");
const KEY_NAME = join(
  hex("30278025 30233121 301f0603 55040313 18"),
  encode("Token Signing Public Key"),
);
const NEGOEX = join(
  encode("NEGOEXTS"),
  hex("01000000 00000000 60000000 70000000"),
  CONVERSATION,
  hex("f4526b17038a4b91c2097d9a8fe62c965c51242f904d47c7ad8f876b2202bfc6"),
  hex("0000000000000000 60000000 01000000 00000000 00000000"),
  SCHEME,
  encode("NEGOEXTS"),
  hex("03000000 01000000 40000000 98000000"),
  CONVERSATION,
  SCHEME,
  hex("40000000 58000000 3056a0543052"),
  KEY_NAME,
  KEY_NAME,
);
/** NegTokenInit of the original. */
export const CLASSIC_NEG_TOKEN_INIT: Uint8Array = join(
  hex("6082013c"),
  SPNEGO_OID,
  hex("a0820130 3082012c a01a 3018 060a2b06010401823702021e"),
  NTLMSSP_OID,
  hex("a282010c 04820108"),
  NEGOEX,
);

const CHALLENGE = hex("2491a8f6f3892d34");
const NAME = utf16("WIN1");
const ATTRIBUTES = [2, 1, 4, 3].map((id) =>
  join(Uint8Array.of(id, 0, NAME.length, 0), NAME)
);
/** NegTokenResp of the original. */
export const CLASSIC_NEG_TOKEN_RESP: Uint8Array = join(
  hex("a1819c 308199 a003 0a0101 a10c"),
  NTLMSSP_OID,
  hex("a28183 048180"),
  encode("NTLMSSP\0"),
  hex("02000000 0800 0800 38000000 15828ae2"),
  CHALLENGE,
  hex("0000000000000000 4000 4000 40000000 0a00 614a 0000000f"),
  NAME,
  ...ATTRIBUTES,
  hex("0700 0800 ff2639f5421dd801 00000000"),
);

const NATIVE = utf16("Windows 4.0\0Windows 4.0\0");
const NEGOTIATE = encode("Negotiate-Protocol");
const SESSION_SETUP = encode("SessionSetup");
const VERSION_1 = encode("1");
const VERSION_2 = encode("2");
const UNKNOWN_DIALECT = encode("Unknown");
const DIALECTS_1 = ["NT LM 0.12", "SMB 2.???", "SMB 2.002"].map(encode);
const DIALECTS_2 = [0x0202, 0x0210, 0x02ff, 0x0300, 0x0302, 0x0310, 0x0311];

const SMB1_HEADER_LEN = 32;
const SMB2_HEADER_LEN = 64;

/**
 * Answers a message of either version.
 *
 * @param exchange Conversation.
 * @param at Offset of the first octet of the SMB header.
 * @param end Offset one past the last octet of the message.
 * @returns `DONE`, be it without an answer, or `DECLINE` for an answer.
 */
export function replyClassic(
  exchange: Exchange,
  at: number,
  end: number,
): number {
  const { bytes, view } = exchange.arena;
  if (bytes[at] === 0xff) {
    if (end - at < SMB1_HEADER_LEN + 3) return DONE;
    if (bytes[at + 9]! & 0x80) return DECLINE;
    const command = bytes[at + 4];
    if (command === 0x72) negotiate1(exchange, at, end);
    if (command === 0x73) setUp1(exchange, at, end);
    return DONE;
  }
  if (end - at < SMB2_HEADER_LEN + 24) return DONE;
  if (bytes[at + 16]! & 0x01) return DECLINE;
  const command = view.getUint16(at + 12, true);
  if (command === 0) negotiate2(exchange, at, end);
  if (command === 1) setUp2(exchange, at, end);
  return DONE;
}

/** Answers a NEGOTIATE of SMB1, always in SMB1. */
function negotiate1(exchange: Exchange, at: number, end: number): void {
  const { answer, arena } = exchange;
  const { bytes, view } = arena;
  const countAt = at + SMB1_HEADER_LEN + 1 + 2 * bytes[at + SMB1_HEADER_LEN]!;
  if (end - countAt < 2) return;
  const count = view.getUint16(countAt, true);
  const dialectsAt = countAt + 2;
  if (count === 0 || count > end - dialectsAt) return;
  const dialectsEnd = dialectsAt + count;
  if (bytes[dialectsEnd - 1] !== 0) return;

  let best = DIALECTS_1.length;
  let bestIndex = 0;
  let dialectAt = dialectsAt;
  for (let index = 0; dialectAt < dialectsEnd; index++) {
    dialectAt++; // its format
    let dialectEnd = dialectAt;
    while (dialectEnd < dialectsEnd && bytes[dialectEnd] !== 0) dialectEnd++;
    for (let i = 0; i < best; i++) {
      if (
        DIALECTS_1[i]!.length === dialectEnd - dialectAt &&
        startsWith(bytes, dialectAt, dialectEnd, DIALECTS_1[i]!)
      ) {
        best = i;
        bestIndex = index;
      }
    }
    dialectAt = dialectEnd + 1;
  }

  const messageAt = beginMessage(exchange);
  putHeader1(exchange, at);
  answer.putUint8(17);
  answer.putUint16Le(bestIndex);
  answer.putUint8(3);
  answer.putUint16Le(50);
  answer.putUint16Le(50);
  answer.putUint32Le(0x00010000);
  answer.putUint32Le(0x00010000);
  answer.putUint32Le(0);
  answer.putUint32Le(0x8001e3fc | 0);
  putTime(exchange);
  answer.putUint16Le(60);
  answer.putUint8(0);
  answer.putUint16Le(16 + CLASSIC_NEG_TOKEN_INIT.length);
  putZeros(exchange, 16);
  answer.put(CLASSIC_NEG_TOKEN_INIT);
  endMessage(exchange, messageAt);
  noteOctets(exchange, VERSION, VERSION_1);
  noteOctets(exchange, COMMAND, NEGOTIATE);
  noteOctets(exchange, DIALECT, DIALECTS_1[best] ?? UNKNOWN_DIALECT);
}

/** Answers a SESSION_SETUP_ANDX of SMB1. */
function setUp1(exchange: Exchange, at: number, end: number): void {
  const { answer, arena } = exchange;
  const { bytes, view } = arena;
  const wordsAt = at + SMB1_HEADER_LEN + 1;
  const blobAt = wordsAt + 2 * bytes[at + SMB1_HEADER_LEN]! + 2;
  if (blobAt - wordsAt < 26 || end <= blobAt) return;
  const blobLen = view.getUint16(wordsAt + 14, true);
  if (blobLen === 0 || blobLen > end - blobAt) return;

  const messageAt = beginMessage(exchange);
  putHeader1(exchange, at);
  answer.putUint8(4);
  answer.putUint32Le(0x004400ff);
  answer.putUint16Le(0);
  answer.putUint16Le(CLASSIC_NEG_TOKEN_RESP.length);
  answer.putUint16Le(CLASSIC_NEG_TOKEN_RESP.length + NATIVE.length);
  answer.put(CLASSIC_NEG_TOKEN_RESP);
  answer.put(NATIVE);
  endMessage(exchange, messageAt);
  noteSetUp(exchange, VERSION_1, blobAt, blobAt + blobLen);
}

/** Answers a NEGOTIATE of SMB2 with the lowest dialect. */
function negotiate2(exchange: Exchange, at: number, end: number): void {
  const { answer, arena } = exchange;
  const { view } = arena;
  const dialectsAt = at + SMB2_HEADER_LEN + 36;
  const count = view.getUint16(at + SMB2_HEADER_LEN + 2, true);
  if (2 * count > end - dialectsAt) return;
  let best = DIALECTS_2.length;
  for (let i = 0; i < count; i++) {
    const offered = view.getUint16(dialectsAt + 2 * i, true);
    const rank = DIALECTS_2.indexOf(offered);
    if (rank >= 0 && rank < best) best = rank;
  }
  const dialect = DIALECTS_2[best];
  if (dialect === undefined) return;

  const messageAt = beginMessage(exchange);
  putHeader2(exchange, at);
  answer.putUint16Le(65);
  answer.putUint16Le(1);
  answer.putUint16Le(dialect);
  answer.putUint16Le(1);
  answer.copy(dialectsAt - 24, dialectsAt - 8); // the client's identifier
  answer.putUint32Le(1);
  answer.putUint32Le(0x00010000);
  answer.putUint32Le(0x00010000);
  answer.putUint32Le(0x00010000);
  putTime(exchange);
  putTime(exchange);
  answer.putUint16Le(0x80);
  answer.putUint16Le(CLASSIC_NEG_TOKEN_INIT.length);
  answer.putUint32Le(0);
  answer.put(CLASSIC_NEG_TOKEN_INIT);
  endMessage(exchange, messageAt);
  noteOctets(exchange, VERSION, VERSION_2);
  noteOctets(exchange, COMMAND, NEGOTIATE);
  noteOctets(exchange, DIALECT, DIALECT_NAMES.get(dialect)!);
}

/** Answers a SESSION_SETUP of SMB2. */
function setUp2(exchange: Exchange, at: number, end: number): void {
  const { answer, arena } = exchange;
  const blobAt = at + SMB2_HEADER_LEN + 24;
  const blobLen = arena.view.getUint16(at + SMB2_HEADER_LEN + 14, true);
  if (blobLen === 0 || blobLen > end - blobAt) return;

  const messageAt = beginMessage(exchange);
  putHeader2(exchange, at);
  answer.putUint16Le(9);
  answer.putUint16Le(0);
  answer.putUint16Le(0x48);
  answer.putUint16Le(CLASSIC_NEG_TOKEN_RESP.length);
  answer.put(CLASSIC_NEG_TOKEN_RESP);
  endMessage(exchange, messageAt);
  noteSetUp(exchange, VERSION_2, blobAt, blobAt + blobLen);
}

function noteSetUp(
  exchange: Exchange,
  version: Uint8Array,
  blobAt: number,
  blobEnd: number,
): void {
  noteOctets(exchange, VERSION, version);
  noteOctets(exchange, COMMAND, SESSION_SETUP);
  if (noteBlob(exchange, blobAt, blobEnd)) {
    noteOctets(exchange, CHALLENGE_FIELD, CHALLENGE);
  }
}

/** Appends the time to the second. */
function putTime(exchange: Exchange): void {
  putFileTime(exchange, Math.floor(exchange.now / 1000) * 1000);
}

function putHeader1(exchange: Exchange, at: number): void {
  const { answer, arena } = exchange;
  answer.putUint32(0xff534d42 | 0);
  answer.putUint8(arena.bytes[at + 4]!);
  answer.putUint32(0); // status
  exchange.note(STATUS, answer.end - 4, answer.end);
  answer.putUint8(0x98);
  answer.putUint16Le(0xc807);
  answer.copy(at + 12, at + 14); // process, upper half
  answer.putUint32(0); // signature
  answer.putUint32(0);
  answer.putUint16(0);
  answer.copy(at + 24, at + SMB1_HEADER_LEN); // tree, process, user, message
}

function putHeader2(exchange: Exchange, at: number): void {
  const { answer, arena } = exchange;
  answer.putUint32(0xfe534d42 | 0);
  answer.putUint16Le(SMB2_HEADER_LEN);
  answer.putUint16(0); // credit charge
  answer.putUint32(0); // status
  exchange.note(STATUS, answer.end - 4, answer.end);
  answer.putUint16Le(arena.view.getUint16(at + 12, true));
  answer.putUint16Le(1); // credits
  answer.putUint32Le(1); // this is an answer
  answer.putUint32(0); // next command
  answer.copy(at + 24, at + 48); // message, tree, session
  for (let i = 0; i < 4; i++) answer.putUint32(0); // signature
}
