/**
 * The first line of either side of an SSH connection. RFC 4253 §4.2.
 *
 * ```text
 *  | "SSH-" version "-" software [" " comment] CR LF |
 * ```
 *
 * @module
 */

import { encode, startsWith } from "../octets.ts";
import type { Persona } from "../persona.ts";
import { CLOSE, DECLINE, DONE, type Exchange, MORE, UDP } from "../protocol.ts";
import { COOKIE_LEN, OFFER_HEAD, OFFER_TAIL } from "./ssh_packet.ts";

/** What is noted of a client's identification. */
export const CLIENT_FIELDS: readonly string[] = [
  "ssh.client.version",
  "ssh.client.software",
  "ssh.client.comment",
];
const VERSION = 0;
const SOFTWARE = 1;
const COMMENT = 2;

/**
 * Mask of the phase, the lower bits of the state. Those above are how many
 * octets of the identification were read and found right, then how many packets
 * the client has sent.
 */
export const PHASE = 3;
/** Phase of a conversation that began with our identification. */
export const GREETED = 1;
/** Phase of one where both have said who they are, and we what we offer. */
export const NAMED = 2;

const LINE_MAX = 8000; // longest identification that is waited for

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DASH = 0x2d;
const DOT = 0x2e;

const PREFIX = encode("SSH-");
const VERSION_2 = encode("2.");
const VERSION_2_0 = encode("2.0");
const VERSION_1_99 = encode("1.99");
const INVALID = encode("Invalid SSH identification string.\r\n");
const DIFFERS = encode("Protocol major versions differ.\r\n");

/**
 * Says who we are to a client that has not said who it is.
 *
 * @param exchange An exchange without a request; its state becomes
 * {@linkcode GREETED}.
 * @returns `DONE`, or `DECLINE` if the persona waits for the client.
 */
export function greet(exchange: Exchange): number {
  const { answer, persona } = exchange;
  if (!persona.ssh.exchangesKeys) return DECLINE;
  answer.put(lineOf(persona));
  exchange.state = GREETED;
  return DONE;
}

/**
 * Answers an identification the way OpenSSH does, the first time.
 *
 * @param exchange Request; its state becomes {@linkcode NAMED}.
 * @returns `MORE`, `DONE` or `CLOSE`.
 */
export function replyToLine(exchange: Exchange): number {
  const { answer, arena: { bytes }, at, end, persona } = exchange;
  const state = exchange.state & PHASE;
  let lineEnd = at + (exchange.state >>> 2);
  let isValid = true;
  while (lineEnd < end && bytes[lineEnd] !== LF) {
    const octet = bytes[lineEnd]!;
    const follows = lineEnd > at && bytes[lineEnd - 1] === CR && octet !== CR;
    if (octet === 0 || follows) isValid = false;
    lineEnd++;
  }
  if (lineEnd - at > LINE_MAX) isValid = false;
  if (lineEnd === end && isValid) {
    exchange.state = state | (end - at) << 2;
    return MORE;
  }
  if (state !== GREETED) answer.put(lineOf(persona));
  exchange.next = Math.min(lineEnd + 1, end);

  while (lineEnd > at && bytes[lineEnd - 1] === CR) lineEnd--;
  const versionAt = at + PREFIX.length;
  const versionEnd = endOfVersion(bytes, versionAt, lineEnd);
  if (
    !isValid || !startsWith(bytes, at, lineEnd, PREFIX) ||
    lineEnd - versionEnd < 2 || bytes[versionEnd] !== DASH
  ) {
    answer.put(INVALID);
    return CLOSE;
  }
  noteClient(exchange, versionAt, versionEnd, lineEnd);
  if (
    !startsWith(bytes, versionAt, versionEnd, VERSION_2) &&
    (!startsWith(bytes, versionAt, versionEnd, VERSION_1_99) ||
      versionEnd - versionAt > VERSION_1_99.length)
  ) {
    answer.put(DIFFERS);
    return CLOSE;
  }
  answer.put(OFFER_HEAD);
  for (let i = 0; i < COOKIE_LEN / 4; i++) answer.putUint32(exchange.random(i));
  answer.put(OFFER_TAIL);
  exchange.state = NAMED;
  return DONE;
}

/**
 * Answers every identification that comes, in whichever segment, with ours;
 * and nothing else.
 *
 * @param exchange Request.
 * @returns `MORE`, `DONE` or `DECLINE`.
 */
export function replyToAnyLine(exchange: Exchange): number {
  const { arena: { bytes }, at, end, persona, transport } = exchange;
  const ours = lineOf(persona);
  // Our twin, answering us: it would never end.
  if (transport === UDP && startsWith(bytes, at, end, ours)) return DECLINE;
  const prefixEnd = Math.min(end, at + PREFIX.length);
  for (let i = at; i < prefixEnd; i++) {
    if (bytes[i] !== PREFIX[i - at]) return DONE;
  }
  const versionAt = at + PREFIX.length;
  let versionEnd = versionAt;
  while (versionEnd < end && isVersionChar(bytes[versionEnd]!)) versionEnd++;
  if (versionEnd < end && bytes[versionEnd] !== DASH) return DONE;
  let lineEnd = versionEnd;
  while (
    lineEnd + 1 < end && (bytes[lineEnd] !== CR || bytes[lineEnd + 1] !== LF)
  ) lineEnd++;
  if (lineEnd + 1 >= end) return end - at > LINE_MAX ? DECLINE : MORE;
  if (
    !startsWith(bytes, versionAt, versionEnd, VERSION_2_0) &&
    !startsWith(bytes, versionAt, versionEnd, VERSION_1_99)
  ) return DONE;
  noteClient(exchange, versionAt, versionEnd, lineEnd);
  exchange.answer.put(ours);
  return DONE;
}

/** Notes a version `[at, versionEnd)` and the software behind it. */
function noteClient(
  exchange: Exchange,
  at: number,
  versionEnd: number,
  lineEnd: number,
): void {
  const { arena: { bytes } } = exchange;
  let softwareEnd = versionEnd + 1;
  while (softwareEnd < lineEnd && bytes[softwareEnd] !== SPACE) softwareEnd++;
  exchange.note(VERSION, at, versionEnd);
  exchange.note(SOFTWARE, versionEnd + 1, softwareEnd);
  if (softwareEnd < lineEnd) exchange.note(COMMENT, softwareEnd + 1, lineEnd);
}

const LINES = new Map<Persona, Uint8Array>();

/** Identification line of a persona, made when the first client comes. */
function lineOf(persona: Persona): Uint8Array {
  let line = LINES.get(persona);
  if (line === undefined) {
    line = encode(`${persona.ssh.identification}\r\n`);
    LINES.set(persona, line);
  }
  return line;
}

function isVersionChar(octet: number): boolean {
  return octet === DOT || (octet >= 0x30 && octet <= 0x39);
}

/** Offset behind digits, a dot and digits; `at` if they are not there. */
function endOfVersion(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && isVersionChar(bytes[i]!) && bytes[i] !== DOT) i++;
  if (i === at || i === end || bytes[i] !== DOT) return at;
  const minorAt = ++i;
  while (i < end && isVersionChar(bytes[i]!) && bytes[i] !== DOT) i++;
  return i === minorAt ? at : i;
}
