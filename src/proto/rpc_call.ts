/**
 * Reads the calls of ONC RPC. RFC 5531 §9, §11.
 *
 * ```text
 *  fragment  | last (1 bit) and length (31) | so many octets |   over TCP only
 *  call      | XID | 0 | RPC version | program | version | procedure |
 *            | credential: flavor, length, body | verifier: the same |
 *            | arguments |
 * ```
 *
 * All numbers have four octets.
 *
 * @module
 */

import {
  ANY,
  CLAIM,
  DECLINE,
  type Exchange,
  MORE,
  type Pattern,
  pattern,
  TCP,
} from "../protocol.ts";

const RECORD_MAX = 8192; // longest record, in octets of the stream
const MARK_LEN = 4;
const LENGTH_BITS = 0x7fffffff;

const CALL = 0;
const RPC_VERSION = 2;

const CREDENTIAL = 32; // offset of a credential's body in a call

const AUTH_SYS = 1;
const AUTH_MAX = 400; // longest credential or verifier, RFC 5531 §8.2
const MACHINE_NAME_MAX = 255; // RFC 5531 appendix A
const GIDS_MAX = 16;

/** Verdict of {@linkcode readCall}: it can be answered. */
export const READABLE = 0;
/** Verdict: somebody's answer, or cut short, or nonsense. */
export const UNREADABLE = 1;
/** Verdict: a call in another version of RPC. */
export const OTHER_RPC_VERSION = 2;
/** Verdict: its credential, of flavor AUTH_SYS, is malformed. */
export const BAD_CREDENTIAL = 3;

/** What {@linkcode Words.recordEnd} says of a record that has not all come. */
export const UNFINISHED: number = -1;
/** What it says of one that nobody should send. */
export const TOO_LONG: number = -2;

/**
 * The words of a message, one after the other, across the fragments that it
 * comes in. One instance is enough: a message is read before the next comes.
 */
export class Words {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  #fragmentEnd = 0; // may lie beyond `#end`
  #isLast = false;

  /** Whether more was asked for than there is. */
  isShort = false;
  /** Offset of the word read last, or −1 if it is in two fragments. */
  wordAt: number = -1;

  /**
   * Goes to the start of a message.
   *
   * @param exchange The message.
   */
  open({ arena, at, end, transport }: Exchange): void {
    this.#bytes = arena.bytes;
    this.#at = at;
    this.#end = end;
    this.#isLast = transport !== TCP;
    this.#fragmentEnd = this.#isLast ? end : at;
    this.isShort = false;
  }

  /**
   * Finds the end of the message, from its start.
   *
   * @returns Offset one past its last octet, or {@linkcode UNFINISHED} or
   * {@linkcode TOO_LONG}.
   */
  recordEnd(): number {
    const firstAt = this.#at;
    while (!this.#isLast) {
      this.#at = this.#fragmentEnd;
      if (!this.#nextFragment()) return UNFINISHED;
      if (this.#fragmentEnd - firstAt > RECORD_MAX) return TOO_LONG;
    }
    return this.#fragmentEnd <= this.#end ? this.#fragmentEnd : UNFINISHED;
  }

  /** Reads an octet; 0 if there is none. */
  octet(): number {
    while (this.#at === this.#fragmentEnd && !this.isShort) {
      this.isShort = this.#isLast || !this.#nextFragment();
    }
    if (this.isShort || this.#at === this.#end) {
      this.isShort = true;
      return 0;
    }
    return this.#bytes[this.#at++]!;
  }

  /** Reads a word as an int32; 0 if there is none. */
  word(): number {
    const at = this.#at;
    const word = this.octet() << 24 | this.octet() << 16 | this.octet() << 8 |
      this.octet();
    this.wordAt = this.#at - at === 4 ? at : -1;
    return this.isShort ? 0 : word;
  }

  /**
   * Passes over octets and what pads them to whole words.
   *
   * @param length Their number.
   * @param max The most that is passed over.
   * @returns Offset of the first one, or −1 if they are not all there, or not
   * in one fragment.
   */
  opaque(length: number, max: number): number {
    if (length < 0 || length > max) {
      this.isShort = true;
      return -1;
    }
    const at = this.#at;
    const paddedLen = length + 3 & ~3;
    for (let i = 0; i < paddedLen; i++) this.octet();
    return this.isShort || this.#at - at !== paddedLen ? -1 : at;
  }

  /** Enters the next fragment; false if its mark has not come. */
  #nextFragment(): boolean {
    if (this.#end - this.#at < MARK_LEN) return false;
    const bytes = this.#bytes;
    const at = this.#at;
    const mark = bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 |
      bytes[at + 3]!;
    this.#isLast = mark < 0;
    this.#at = at + MARK_LEN;
    this.#fragmentEnd = this.#at + (mark & LENGTH_BITS);
    return true;
  }
}

/** The message at hand. */
export const words: Words = new Words();

// First octets of a call, as the original program knows them and as others do.
const PORTMAP_CALL = pattern(
  ".. .. .. .. 00000000 000000 .. 000186 .. .. .. .. .. 000000 ..",
);
const ANY_CALL = pattern(
  ".. .. .. .. 00000000 00000002 .. .. .. .. .. .. .. .. .. .. .. ..",
);

/**
 * Tells whether a message is a call.
 *
 * @param exchange The message.
 * @param isAny Whether to any program, rather than to those from 99840 to
 * 100095 in any version of RPC.
 * @returns `CLAIM`, `MORE` or `DECLINE`.
 */
export function recognise(exchange: Exchange, isAny: boolean): number {
  const { arena: { bytes }, at, end, transport } = exchange;
  if (transport === TCP) { // a mark: long records are nobody's calls
    if (end > at && (bytes[at]! & 0x7f) !== 0) return DECLINE;
    if (end - at > 1 && bytes[at + 1] !== 0) return DECLINE;
    if (end - at > 2 && bytes[at + 2]! > RECORD_MAX >>> 8) return DECLINE;
  }
  words.open(exchange);
  let mayBePortmap = true;
  let mayBeAny = isAny;
  for (let i = 0; i < ANY_CALL.length; i++) {
    const octet = words.octet();
    if (words.isShort) return MORE;
    mayBePortmap = mayBePortmap && agrees(PORTMAP_CALL, i, octet);
    mayBeAny = mayBeAny && agrees(ANY_CALL, i, octet);
    if (!mayBePortmap && !mayBeAny) return DECLINE;
  }
  return CLAIM;
}

function agrees(wanted: Pattern, i: number, octet: number): boolean {
  return wanted[i] === ANY || wanted[i] === octet;
}

/** A call without its arguments; one instance, refilled. */
export const call = {
  xid: 0,
  rpcVersion: 0,
  program: 0,
  version: 0,
  procedure: 0,
  /** Flavor of the credential. */
  flavor: 0,
  /** Offsets of what can be noted, −1 where it cannot. */
  programAt: -1,
  versionAt: -1,
  procedureAt: -1,
  machineAt: -1,
  machineEnd: -1,
};

/**
 * Reads a call into {@linkcode call}, up to its arguments, which
 * {@linkcode words} gives next.
 *
 * @param exchange A message that is complete.
 * @param anyRpcVersion Whether the version of RPC does not matter.
 * @returns {@linkcode READABLE} or what is wrong with it.
 */
export function readCall(exchange: Exchange, anyRpcVersion: boolean): number {
  words.open(exchange);
  call.xid = words.word();
  const type = words.word();
  call.rpcVersion = words.word();
  call.program = words.word();
  call.programAt = words.wordAt;
  call.version = words.word();
  call.versionAt = words.wordAt;
  call.procedure = words.word();
  call.procedureAt = words.wordAt;
  call.machineAt = -1;
  if (words.isShort || type !== CALL) return UNREADABLE;
  if (call.rpcVersion !== RPC_VERSION && !anyRpcVersion) {
    return OTHER_RPC_VERSION;
  }
  call.flavor = words.word();
  const credentialLen = words.word();
  words.opaque(credentialLen, AUTH_MAX);
  words.word(); // flavor of the verifier
  words.opaque(words.word(), AUTH_MAX);
  if (words.isShort) return UNREADABLE;
  if (call.flavor !== AUTH_SYS || anyRpcVersion) return READABLE;

  words.open(exchange); // a second time, now that it is known to be all there
  words.opaque(CREDENTIAL, CREDENTIAL);
  if (!readAuthSys(credentialLen)) return BAD_CREDENTIAL;
  words.word();
  words.opaque(words.word(), AUTH_MAX);
  return READABLE;
}

/**
 * Reads a credential that says who a Unix user is, RFC 5531 appendix A; false
 * if it is malformed.
 */
function readAuthSys(length: number): boolean {
  words.word(); // stamp
  const nameLen = words.word();
  const nameAt = words.opaque(nameLen, MACHINE_NAME_MAX);
  words.word(); // uid
  words.word(); // gid
  const gids = words.word();
  if (words.isShort || gids < 0 || gids > GIDS_MAX) return false;
  for (let i = 0; i < gids; i++) words.word();
  const readLen = 4 * (5 + gids) + (nameLen + 3 & ~3);
  if (readLen > length) return false;
  words.opaque(length - readLen, AUTH_MAX);
  call.machineAt = nameAt;
  call.machineEnd = nameAt + nameLen;
  return !words.isShort;
}
