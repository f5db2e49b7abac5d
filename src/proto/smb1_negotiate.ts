/**
 * Negotiation of SMB1: of a dialect, or of SMB2. MS-CIFS §2.2.4.52.
 *
 * @module
 */

import { encode, startsWith } from "../octets.ts";
import { CLOSE, DONE, type Exchange } from "../protocol.ts";
import { stringsOf } from "./smb1_login.ts";
import {
  ERR_INVALID,
  EXTENDED_SECURITY,
  FLAGS2,
  putError,
  putHeader,
  request,
  SMB1_HEADER_LEN,
} from "./smb1_message.ts";
import { guidOf, upgrade } from "./smb2_negotiate.ts";
import {
  beginMessage,
  endMessage,
  putFileTime,
  putLength,
  STATUS_SUCCESS,
} from "./smb_message.ts";
import { DIALECT, noteOctets } from "./smb_notes.ts";
import {
  beginChallenge,
  challengeHalf,
  enter,
  otherRandom,
  PHASE,
  SMB1,
  SMB1_EXTENDED,
  UPGRADING,
} from "./smb_session.ts";
import { NEG_TOKEN_INIT } from "./spnego.ts";

const NT_LM_0_12 = encode("NT LM 0.12\0");
const NT_LANMAN_1_0 = encode("NT LANMAN 1.0\0"); // the same by another name
const SMB_2_002 = encode("SMB 2.002\0");
const SMB_2_WILDCARD = encode("SMB 2.???\0");
const NO_DIALECT = 0xffff;
const CAPABILITIES = 0x0080f3fd; // Samba's
const CAPABILITY_EXTENDED_SECURITY = 0x80000000 | 0;
const PID_RANDOM = 8; // index; those below are a salt of SMB2

/**
 * Answers a choice of dialects, MS-CIFS §2.2.4.52.
 *
 * @param exchange Conversation.
 * @param at Offset of the request's header.
 * @returns `DONE` or `CLOSE`.
 */
export function negotiate(exchange: Exchange, at: number): number {
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
