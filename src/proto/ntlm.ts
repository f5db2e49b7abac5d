/**
 * The login that SMB carries: NTLM, bare or wrapped into SPNEGO, up to the
 * client's response to our challenge. That is all there is to learn; nobody who
 * has a name gets in.
 *
 * ```text
 *  client                                   server
 *         <-  NegTokenInit: NTLM is what we speak
 *         ->  NEGOTIATE
 *         <-  CHALLENGE: 8 octets, names, time
 *         ->  AUTHENTICATE: user, domain, workstation, responses
 *         <-  refused; or a session without rights for nobody in particular
 * ```
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc4178#section-4.2 | RFC 4178 §4.2}
 * @see {@link https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/ | MS-NLMP §2.2}
 *
 * @module
 */

import { encode, join, startsWith, utf16 } from "../octets.ts";
import type { Persona } from "../persona.ts";
import type { Exchange } from "../protocol.ts";
import {
  netbiosName,
  putFileTime,
  STATUS_INVALID_PARAMETER,
  STATUS_LOGON_FAILURE,
  STATUS_MORE_PROCESSING_REQUIRED,
  STATUS_SUCCESS,
} from "./smb_message.ts";
import {
  DOMAIN,
  LM_RESPONSE,
  noteChallenge,
  noteText,
  RESPONSE,
  USER,
  WORKSTATION,
} from "./smb_notes.ts";
import {
  ANONYMOUS,
  beginChallenge,
  BEGUN,
  CHALLENGED,
  challengeHalf,
  enter,
  LOGIN,
  NO_SESSION,
} from "./smb_session.ts";
import {
  ACCEPT_INCOMPLETE,
  findToken,
  FOUND,
  NO_TOKEN,
  OTHER_MECHANISM,
  putCompleted,
  putResponse,
  REQUEST_MIC,
  token,
} from "./spnego.ts";

// Types of NTLMSSP messages, and of what is not one.
const NEGOTIATE = 1;
const AUTHENTICATE = 3;
const NONE = 0; // SPNEGO without a message
const OTHER = -1; // nothing that we understand
const DEFERRED = -2; // SPNEGO whose message is of another mechanism

// Flags of NTLMSSP messages, MS-NLMP §2.2.2.5.
const UNICODE = 0x00000001;
const OEM = 0x00000002;
const REQUEST_TARGET = 0x00000004;
const NTLM = 0x00000200;
const TARGET_TYPE_SERVER = 0x00020000;
const TARGET_INFO = 0x00800000;
const WITH_VERSION = 0x02000000;
// Granted if asked for: sign, seal, always sign, extended session security,
// keys of 128 bits, exchange of keys, keys of 56 bits.
const ON_REQUEST = 0xe0088030 | 0;

// Lengths and offsets in octets, from the start of an NTLMSSP message.
const TYPE = 8;
const NEGOTIATE_FLAGS = 12;
const NEGOTIATE_LEN = 16; // the shortest
const AUTHENTICATE_LM = 12;
const AUTHENTICATE_NT = 20;
const AUTHENTICATE_DOMAIN = 28;
const AUTHENTICATE_USER = 36;
const AUTHENTICATE_WORKSTATION = 44;
const AUTHENTICATE_LEN = 52; // the shortest
const AUTHENTICATE_FLAGS = 60;
const PAYLOAD = 56; // of a challenge

const SIGNATURE = encode("NTLMSSP\0");

// The blob at hand, as taken by `takeBlob`.
const blob = {
  /** Type of its NTLMSSP message, or why it has none. */
  type: OTHER,
  /** Offset of that message. */
  at: 0,
  /** Offset one past its last octet. */
  end: 0,
  /** Whether the message is not wrapped into SPNEGO. */
  isBare: false,
};

/**
 * Takes the next blob of a login, and notes who wants in.
 *
 * @param exchange Conversation with a session that is not
 * {@linkcode NO_SESSION}; afterwards its login says how far it has come.
 * @param at Offset of the first octet of the blob.
 * @param end Offset one past its last octet.
 * @returns The status: with `STATUS_SUCCESS` or
 * `STATUS_MORE_PROCESSING_REQUIRED` comes a blob, see {@linkcode putBlob}.
 */
export function takeBlob(exchange: Exchange, at: number, end: number): number {
  readBlob(exchange, at, end);
  const login = exchange.state & LOGIN;
  switch (blob.type) {
    case NONE:
    case DEFERRED:
      enter(exchange, LOGIN, BEGUN);
      return STATUS_MORE_PROCESSING_REQUIRED;
    case NEGOTIATE:
      enter(exchange, LOGIN, CHALLENGED);
      beginChallenge(exchange);
      return STATUS_MORE_PROCESSING_REQUIRED;
    case AUTHENTICATE: {
      enter(exchange, LOGIN, NO_SESSION);
      if (login !== CHALLENGED) return STATUS_INVALID_PARAMETER;
      const { view } = exchange.arena;
      if (!isWhole(view)) return STATUS_INVALID_PARAMETER;
      noteLogin(exchange, blob.at, blob.end);
      noteChallenge(exchange);
      if (!isAnonymous(view)) return STATUS_LOGON_FAILURE;
      enter(exchange, LOGIN, ANONYMOUS);
      return STATUS_SUCCESS;
    }
    default:
      enter(exchange, LOGIN, NO_SESSION);
      return STATUS_INVALID_PARAMETER;
  }
}

/**
 * Appends the answer to the blob taken last.
 *
 * @param exchange Where to; its login as {@linkcode takeBlob} left it.
 */
export function putBlob(exchange: Exchange): void {
  switch (blob.type) {
    case NEGOTIATE:
      putChallenge(exchange);
      return;
    case AUTHENTICATE:
      if (!blob.isBare) putCompleted(exchange);
      return;
    case NONE:
      putResponse(exchange, ACCEPT_INCOMPLETE, 0);
      return;
    default:
      putResponse(exchange, REQUEST_MIC, 0);
  }
}

/**
 * Notes what an AUTHENTICATE message says.
 *
 * @param exchange Where to.
 * @param at Offset of the first octet of the message.
 * @param end Offset one past its last octet.
 */
export function noteLogin(exchange: Exchange, at: number, end: number): void {
  const { view } = exchange.arena;
  if (!exchange.listening || end - at < AUTHENTICATE_LEN) return;
  // Before Windows 2000 there were no flags in this message.
  const isUnicode = end - at < AUTHENTICATE_FLAGS + 4 ||
    (view.getInt32(at + AUTHENTICATE_FLAGS, true) & UNICODE) !== 0;
  noteSpan(exchange, at, end, AUTHENTICATE_USER, USER, isUnicode);
  noteSpan(exchange, at, end, AUTHENTICATE_DOMAIN, DOMAIN, isUnicode);
  noteSpan(exchange, at, end, AUTHENTICATE_WORKSTATION, WORKSTATION, isUnicode);
  noteSpan(exchange, at, end, AUTHENTICATE_NT, RESPONSE, false);
  noteSpan(exchange, at, end, AUTHENTICATE_LM, LM_RESPONSE, false);
}

/** Notes what a field of an NTLMSSP message points to. */
function noteSpan(
  exchange: Exchange,
  at: number,
  end: number,
  atField: number,
  field: number,
  isUnicode: boolean,
): void {
  const { view } = exchange.arena;
  const from = spanAt(view, at, end, atField);
  if (from < 0) return;
  const length = view.getUint16(at + atField, true);
  noteText(exchange, field, from, from + length, isUnicode);
}

/**
 * Notes what the AUTHENTICATE message in a blob says, if there is one.
 *
 * @param exchange Where to.
 * @param at Offset of the first octet of the blob.
 * @param end Offset one past its last octet.
 * @returns Whether there is one.
 */
export function noteBlob(
  exchange: Exchange,
  at: number,
  end: number,
): boolean {
  readBlob(exchange, at, end);
  if (blob.type !== AUTHENTICATE) return false;
  noteLogin(exchange, blob.at, blob.end);
  return true;
}

/** Finds the NTLMSSP message in a blob. */
function readBlob({ arena }: Exchange, at: number, end: number): void {
  const { bytes, view } = arena;
  blob.isBare = startsWith(bytes, at, end, SIGNATURE);
  blob.at = at;
  blob.end = end;
  blob.type = OTHER;
  if (!blob.isBare) {
    const found = findToken(bytes, at, end);
    if (found === NO_TOKEN) blob.type = NONE;
    if (found === OTHER_MECHANISM) blob.type = DEFERRED;
    if (found !== FOUND) return;
    blob.at = token.at;
    blob.end = token.end;
  }
  const length = blob.end - blob.at;
  if (!startsWith(bytes, blob.at, blob.end, SIGNATURE)) return;
  if (length < NEGOTIATE_LEN) return;
  const type = view.getInt32(blob.at + TYPE, true);
  if (type === NEGOTIATE) blob.type = NEGOTIATE;
  if (type === AUTHENTICATE && length >= AUTHENTICATE_LEN) blob.type = type;
}

/**
 * Finds what a field of an NTLMSSP message points to.
 *
 * @returns Offset in the arena, or −1 if it is not in `[at, end)`.
 */
function spanAt(
  view: DataView,
  at: number,
  end: number,
  field: number,
): number {
  const length = view.getUint16(at + field, true);
  const offset = view.getUint32(at + field + 4, true);
  if (length === 0) return at;
  return offset > end - at || length > end - at - offset ? -1 : at + offset;
}

/** Whether all fields of the AUTHENTICATE at hand point into it. */
function isWhole(view: DataView): boolean {
  const { at, end } = blob;
  for (
    let field = AUTHENTICATE_LM;
    field <= AUTHENTICATE_WORKSTATION;
    field += 8
  ) {
    if (spanAt(view, at, end, field) < 0) return false;
  }
  return true;
}

/** Whether the AUTHENTICATE at hand is nobody's, MS-NLMP §3.2.5.1.2. */
function isAnonymous(view: DataView): boolean {
  const { at } = blob;
  return view.getUint16(at + AUTHENTICATE_USER, true) === 0 &&
    view.getUint16(at + AUTHENTICATE_NT, true) === 0 &&
    view.getUint16(at + AUTHENTICATE_LM, true) <= 1;
}

/** What a persona says of itself in a challenge. */
interface Names {
  /** Target name in UTF-16 and in ASCII. */
  readonly target: { readonly unicode: Uint8Array; readonly oem: Uint8Array };
  /** Version, MS-NLMP §2.2.2.10. */
  readonly version: Uint8Array;
  /** Attributes but for the time and the end, MS-NLMP §2.2.2.1. */
  readonly attributes: Uint8Array;
}

const ATTRIBUTE_TIME = Uint8Array.of(7, 0, 8, 0);
const TIME_AND_END_LEN = 4 + 8 + 4;

const NAMES = new Map<Persona, Names>();

function namesOf(persona: Persona): Names {
  let names = NAMES.get(persona);
  if (names === undefined) {
    const name = netbiosName(persona);
    const [major, minor, build] = persona.smb.windowsVersion;
    const attribute = (id: number, text: string): Uint8Array =>
      join(Uint8Array.of(id, 0, 2 * text.length, 0), utf16(text));
    names = {
      target: {
        unicode: utf16(name),
        oem: encode(name),
      },
      version: Uint8Array.of(
        ...[major, minor, build & 0xff, build >> 8],
        ...[0, 0, 0, 15], // NTLMSSP_REVISION_W2K3
      ),
      attributes: join( // NetBIOS domain and computer, DNS domain and computer
        attribute(2, name), // a server on its own is its own domain
        attribute(1, name),
        attribute(4, ""),
        attribute(3, persona.hostName),
      ),
    };
    NAMES.set(persona, names);
  }
  return names;
}

/** Appends a CHALLENGE, MS-NLMP §2.2.1.2, wrapped if NEGOTIATE was. */
function putChallenge(exchange: Exchange): void {
  const { answer, arena } = exchange;
  const { view } = arena;
  const asked = view.getInt32(blob.at + NEGOTIATE_FLAGS, true);
  const isUnicode = (asked & UNICODE) !== 0;
  const isNamed = (asked & REQUEST_TARGET) !== 0;
  const flags = asked & ON_REQUEST | NTLM | WITH_VERSION |
    (isUnicode ? UNICODE : OEM) |
    (isNamed ? REQUEST_TARGET | TARGET_TYPE_SERVER | TARGET_INFO : 0);
  const { target, version, attributes } = namesOf(exchange.persona);
  const name = isUnicode ? target.unicode : target.oem;
  const nameLen = isNamed ? name.length : 0;
  const infoLen = isNamed ? attributes.length + TIME_AND_END_LEN : 0;
  const length = PAYLOAD + nameLen + infoLen;

  if (!blob.isBare) putResponse(exchange, ACCEPT_INCOMPLETE, length);
  answer.put(SIGNATURE);
  answer.putUint32Le(2); // CHALLENGE
  answer.putUint16Le(nameLen);
  answer.putUint16Le(nameLen);
  answer.putUint32Le(PAYLOAD);
  answer.putUint32Le(flags);
  answer.putUint32(challengeHalf(exchange, 0));
  answer.putUint32(challengeHalf(exchange, 1));
  answer.putUint32(0);
  answer.putUint32(0);
  answer.putUint16Le(infoLen);
  answer.putUint16Le(infoLen);
  answer.putUint32Le(PAYLOAD + nameLen);
  answer.put(version);
  if (!isNamed) return;
  answer.put(name);
  answer.put(attributes);
  answer.put(ATTRIBUTE_TIME);
  putFileTime(exchange, exchange.now);
  answer.putUint32(0); // end of the attributes
}
