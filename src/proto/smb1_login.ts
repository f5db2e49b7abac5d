/**
 * Logins of SMB1, with SPNEGO or without. MS-CIFS §2.2.4.53, MS-SMB §2.2.4.6.
 *
 * @module
 */

import { encode, join, utf16 } from "../octets.ts";
import type { Persona } from "../persona.ts";
import type { Exchange } from "../protocol.ts";
import { putBlob, takeBlob } from "./ntlm.ts";
import {
  alignText,
  endOfText,
  ERR_ACCESS,
  ERR_BAD_UID,
  ERR_INVALID,
  isInSession,
  noteStrings,
  putError,
  putHeader,
  request,
  UID,
} from "./smb1_message.ts";
import {
  netbiosName,
  putLength,
  STATUS_INVALID_PARAMETER,
  STATUS_LOGON_FAILURE,
  STATUS_MORE_PROCESSING_REQUIRED,
  STATUS_SUCCESS,
} from "./smb_message.ts";
import {
  DOMAIN,
  LM_RESPONSE,
  NATIVE_LAN_MANAGER,
  NATIVE_OS,
  noteChallenge,
  noteText,
  RESPONSE,
  USER,
} from "./smb_notes.ts";
import {
  ANONYMOUS,
  beginSession,
  enter,
  LOGIN,
  NO_SESSION,
  PHASE,
  SMB1_EXTENDED,
} from "./smb_session.ts";

/** Answers SESSION_SETUP_ANDX, MS-CIFS §2.2.4.53 and MS-SMB §2.2.4.6. */
export function setUpSession(exchange: Exchange, at: number): void {
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

/** What a persona says of itself. */
export interface Strings {
  /** Operating system, LAN manager and domain, in UTF-16 and in ASCII. */
  readonly native: { readonly unicode: Uint8Array; readonly oem: Uint8Array };
  /** Domain and name, in UTF-16. */
  readonly domainAndName: Uint8Array;
}

const STRINGS = new Map<Persona, Strings>();

/**
 * What a persona says of itself; made when the first client comes.
 *
 * @param persona The persona.
 * @returns What it says.
 */
export function stringsOf(persona: Persona): Strings {
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
