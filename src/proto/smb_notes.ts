/**
 * What is noted of an SMB message and its answer.
 *
 * @module
 */

import { hex } from "../note.ts";
import { type Exchange, NOTES_MAX } from "../protocol.ts";
import { statusText } from "./smb_message.ts";
import { challengeHalf } from "./smb_session.ts";

/** What is noted. */
export const FIELDS = [
  "smb.version",
  "smb.command",
  "smb.dialect",
  "smb.path",
  "smb.native_os",
  "smb.native_lan_manager",
  "user.name",
  "user.domain",
  "ntlm.workstation",
  { name: "ntlm.challenge", read: hex },
  { name: "ntlm.response", read: hex },
  { name: "ntlm.lm_response", read: hex },
  { name: "smb.status", read: statusText },
] as const;

/** `1` or `2`. */
export const VERSION = 0;
/** Name of the command. */
export const COMMAND = 1;
/** Dialect that was agreed on. */
export const DIALECT = 2;
/** Share that the client asks for. */
export const PATH = 3;
/** Operating system that the client says it has. */
export const NATIVE_OS = 4;
/** LAN manager that the client says it is. */
export const NATIVE_LAN_MANAGER = 5;
/** Who wants in. */
export const USER = 6;
/** Domain of the user. */
export const DOMAIN = 7;
/** Name that the client's machine has for itself. */
export const WORKSTATION = 8;
/** Challenge that the responses belong to, 8 octets. */
export const CHALLENGE_FIELD = 9;
/** NTLM response: 24 octets of version 1, more of version 2. */
export const RESPONSE = 10;
/** LAN Manager response. */
export const LM_RESPONSE = 11;
/** What the answer says of how it went, 4 octets. */
export const STATUS = 12;

/**
 * Notes octets that do not stand in a message.
 *
 * @param exchange Where to.
 * @param field Index into {@linkcode FIELDS}.
 * @param octets The octets.
 */
export function noteOctets(
  exchange: Exchange,
  field: number,
  octets: Uint8Array,
): void {
  if (!exchange.listening || exchange.noteCount === NOTES_MAX) return;
  const at = exchange.answer.aside(octets.length);
  if (at < 0) return;
  exchange.arena.bytes.set(octets, at);
  exchange.note(field, at, at + octets.length);
}

/**
 * Notes the challenge at hand.
 *
 * @param exchange Whose challenge.
 */
export function noteChallenge(exchange: Exchange): void {
  if (!exchange.listening || exchange.noteCount === NOTES_MAX) return;
  const at = exchange.answer.aside(8);
  if (at < 0) return;
  exchange.arena.view.setInt32(at, challengeHalf(exchange, 0));
  exchange.arena.view.setInt32(at + 4, challengeHalf(exchange, 1));
  exchange.note(CHALLENGE_FIELD, at, at + 8);
}

// Longest text in UTF-16 that is noted, so that notes leave room for answers.
const UNITS_MAX = 128;

/**
 * Notes text, as UTF-8 if it came as UTF-16. Nothing is noted of no text.
 *
 * @param exchange Where to.
 * @param field Index into {@linkcode FIELDS}.
 * @param at Offset of its first octet.
 * @param end Offset one past its last octet.
 * @param isUnicode Whether it is UTF-16, least significant octet first.
 */
export function noteText(
  exchange: Exchange,
  field: number,
  at: number,
  end: number,
  isUnicode: boolean,
): void {
  if (!exchange.listening || at >= end) return;
  if (!isUnicode || exchange.noteCount === NOTES_MAX) {
    exchange.note(field, at, end);
    return;
  }
  const { bytes, view } = exchange.arena;
  const units = Math.min(end - at >> 1, UNITS_MAX);
  const outAt = exchange.answer.aside(3 * units);
  if (outAt < 0) return;
  let out = outAt;
  for (let i = 0; i < units; i++) {
    const unit = view.getUint16(at + 2 * i, true);
    const next = i + 1 < units ? view.getUint16(at + 2 * i + 2, true) : 0;
    if (unit < 0x80) {
      bytes[out++] = unit;
    } else if (unit < 0x800) {
      bytes[out++] = 0xc0 | unit >> 6;
      bytes[out++] = 0x80 | unit & 0x3f;
    } else if ((unit & 0xfc00) === 0xd800 && (next & 0xfc00) === 0xdc00) {
      const point = 0x10000 + ((unit & 0x3ff) << 10 | next & 0x3ff);
      bytes[out++] = 0xf0 | point >> 18;
      bytes[out++] = 0x80 | point >> 12 & 0x3f;
      bytes[out++] = 0x80 | point >> 6 & 0x3f;
      bytes[out++] = 0x80 | point & 0x3f;
      i++;
    } else {
      const known = (unit & 0xf800) === 0xd800 ? 0xfffd : unit; // half a pair
      bytes[out++] = 0xe0 | known >> 12;
      bytes[out++] = 0x80 | known >> 6 & 0x3f;
      bytes[out++] = 0x80 | known & 0x3f;
    }
  }
  exchange.note(field, outAt, out);
}
