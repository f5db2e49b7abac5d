/**
 * What both generations of SMB have in common: the NetBIOS session service that
 * carries them, status codes and encodings.
 *
 * ```text
 *   0      1                 4
 *  +------+-----------------+---------- - - -
 *  | type |     length      | SMB message
 *  +------+-----------------+---------- - - -
 * ```
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc1002#section-4.3 | RFC 1002 §4.3}
 *
 * @module
 */

import { number } from "../note.ts";
import { encode } from "../octets.ts";
import type { Persona } from "../persona.ts";
import type { Exchange } from "../protocol.ts";

/** Length of a NetBIOS session header, in octets. */
export const NETBIOS_LEN = 4;

/** Success. */
export const STATUS_SUCCESS = 0;
/** The function needs more than is implemented. */
export const STATUS_NOT_SUPPORTED: number = 0xc00000bb | 0;
/** A message that makes no sense. */
export const STATUS_INVALID_PARAMETER: number = 0xc000000d | 0;
/** Go on with the login. */
export const STATUS_MORE_PROCESSING_REQUIRED: number = 0xc0000016 | 0;
/** You may not. */
export const STATUS_ACCESS_DENIED: number = 0xc0000022 | 0;
/** Unknown user or wrong password. */
export const STATUS_LOGON_FAILURE: number = 0xc000006d | 0;
/** No such tree. */
export const STATUS_NETWORK_NAME_DELETED: number = 0xc00000c9 | 0;
/** No such share. */
export const STATUS_BAD_NETWORK_NAME: number = 0xc00000cc | 0;
/** No such session. */
export const STATUS_USER_SESSION_DELETED: number = 0xc0000203 | 0;
/** No hash function in common. */
export const STATUS_NO_PREAUTH_OVERLAP: number = 0xc05d0000 | 0;

const STATUS_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries({
    STATUS_SUCCESS,
    STATUS_NOT_SUPPORTED,
    STATUS_INVALID_PARAMETER,
    STATUS_MORE_PROCESSING_REQUIRED,
    STATUS_ACCESS_DENIED,
    STATUS_LOGON_FAILURE,
    STATUS_NETWORK_NAME_DELETED,
    STATUS_BAD_NETWORK_NAME,
    STATUS_USER_SESSION_DELETED,
    STATUS_NO_PREAUTH_OVERLAP,
  }).map(([name, status]) => [status, name]),
);
const DOS_CLASSES = ["SUCCESS", "ERRDOS", "ERRSRV"]; // MS-CIFS §2.2.2.4

/**
 * Writes a status.
 *
 * @param octets Its four octets, as they are in a header.
 * @returns Such as `STATUS_LOGON_FAILURE` or, of DOS, `ERRSRV 91`; only of
 * those that are answered.
 */
export function statusText(octets: Uint8Array): string {
  const status = number(octets.toReversed()) | 0;
  const known = STATUS_NAMES.get(status);
  return known ?? `${DOS_CLASSES[status & 0xff]} ${status >>> 16}`;
}

/**
 * Begins a session message.
 *
 * @param exchange Where to.
 * @returns Offset of its header, for {@linkcode endMessage}.
 */
export function beginMessage({ answer }: Exchange): number {
  const { end } = answer;
  answer.putUint32(0);
  return end;
}

/**
 * Writes the length of a session message into its header.
 *
 * @param exchange Where it is.
 * @param at Offset of its header.
 */
export function endMessage({ answer, arena }: Exchange, at: number): void {
  if (answer.overflowed) return;
  arena.view.setInt32(at, answer.end - at - NETBIOS_LEN);
}

/**
 * Writes a length into a field that was left for it.
 *
 * @param exchange Where the field is.
 * @param at Offset of the field.
 * @param length The length, in octets, below 2^16.
 */
export function putLength(
  { answer, arena }: Exchange,
  at: number,
  length: number,
): void {
  if (!answer.overflowed) arena.view.setUint16(at, length, true);
}

const TO_1601 = 11_644_473_600_000; // milliseconds from 1601 to 1970
const HALF = 65_536;

/**
 * Appends a time as a FILETIME: tenths of microseconds since 1601.
 *
 * @param exchange Where to.
 * @param now Time, in milliseconds since 1970.
 */
export function putFileTime({ answer }: Exchange, now: number): void {
  // In 16-bit halves, since the whole does not fit into a number.
  const milliseconds = now + TO_1601;
  const upper = Math.floor(milliseconds / HALF) * 10_000;
  const lower = upper % HALF * HALF + milliseconds % HALF * 10_000;
  answer.putUint32Le(lower | 0);
  answer.putUint32Le(
    Math.floor(upper / HALF) + Math.floor(lower / HALF / HALF) | 0,
  );
}

/**
 * Appends zeros.
 *
 * @param exchange Where to.
 * @param count How many octets.
 */
export function putZeros({ answer }: Exchange, count: number): void {
  for (let i = 0; i < count; i++) answer.putUint8(0);
}

/**
 * Names a host as NetBIOS does.
 *
 * @param persona Persona that is the host.
 * @returns At most 15 characters in upper case.
 */
export function netbiosName({ hostName }: Persona): string {
  return hostName.toUpperCase().slice(0, 15);
}

const IPC = encode("$cpi"); // backwards

/**
 * Answers somebody without a name who wants to connect to a share.
 *
 * @param bytes Memory that the path of the share is in.
 * @param at Offset of its first octet.
 * @param end Offset one past its last octet.
 * @param isUnicode Whether it is UTF-16.
 * @returns The status: there is the one share that every server has, and it
 * may not be used.
 */
export function statusOfShare(
  bytes: Uint8Array,
  at: number,
  end: number,
  isUnicode: boolean,
): number {
  const charLen = isUnicode ? 2 : 1;
  for (let i = 0; i < IPC.length; i++) {
    end -= charLen;
    if (end < at || (bytes[end]! | 0x20) !== (IPC[i]! | 0x20)) {
      return STATUS_BAD_NETWORK_NAME;
    }
  }
  return STATUS_ACCESS_DENIED;
}
