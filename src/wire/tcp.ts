/**
 * Transmission Control Protocol header and its options, RFC 9293 §3.1.
 *
 * ```text
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-------------------------------+-------------------------------+
 *  |          Source Port          |       Destination Port        |
 *  +-------------------------------+-------------------------------+
 *  |                        Sequence Number                        |
 *  +---------------------------------------------------------------+
 *  |                    Acknowledgment Number                      |
 *  +-------+-------+---------------+-------------------------------+
 *  |Offset | Rsrvd |C E U A P R S F|            Window             |
 *  +-------+-------+---------------+-------------------------------+
 *  |           Checksum            |        Urgent Pointer         |
 *  +-------------------------------+-------------------------------+
 * ```
 *
 * @module
 */

import type { Arena } from "../arena.ts";
import { sum16 } from "./checksum.ts";

/** Length of the header without options, in octets. */
export const TCP_HEADER_LEN = 20;
/** Most that options can take, in octets. */
export const TCP_OPTIONS_MAX = 40;

/** No more data from sender. */
export const FIN = 0x01;
/** Synchronize sequence numbers. */
export const SYN = 0x02;
/** Reset the connection. */
export const RST = 0x04;
/** Push function. */
export const PSH = 0x08;
/** Acknowledgment field is significant. */
export const ACK = 0x10;
/** Urgent pointer field is significant. */
export const URG = 0x20;
/** ECN echo, RFC 3168 §6.1. */
export const ECE = 0x40;
/** Congestion window reduced, RFC 3168 §6.1. */
export const CWR = 0x80;

// Field offsets, in octets from the start of the header.
const SRC_PORT = 0;
const DST_PORT = 2;
const SEQ = 4;
const ACK_NUMBER = 8;
const HEADER_LEN = 12;
const FLAGS = 13;
const WINDOW = 14;
const CHECKSUM = 16;
const URGENT = 18;

// Option kinds, IANA "TCP Option Kind Numbers".
const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;
const MAXIMUM_SEGMENT_SIZE = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;
const TIMESTAMPS = 8;

/** MSS of a peer that does not say, in octets: RFC 9293 §3.7.1. */
export const DEFAULT_MSS = 536;

/** A movable window on a TCP header in the arena. */
export class TcpHeader {
  readonly #view: DataView;
  #at = 0;
  #end = 0;

  /** Maximum segment size that the peer announced, or the default. */
  mss: number = DEFAULT_MSS;
  /** Shift count of the peer's window, in `[0, 14]`; −1: option absent. */
  windowScale: number = -1;
  /** Whether the SACK-permitted option is present. */
  sackPermitted = false;
  /** Whether the timestamps option is present. */
  hasTimestamps = false;
  /** The peer's timestamp, as an int32 bit pattern. */
  timestamp = 0;
  /** Our timestamp that it echoes, as an int32 bit pattern. */
  timestampEcho = 0;

  /**
   * Makes a window that has yet to be opened.
   *
   * @param arena Memory that it slides over.
   */
  constructor(arena: Arena) {
    this.#view = arena.view;
  }

  /**
   * Slides the window to `[at, end)` and checks the header against it.
   *
   * @param at Offset of the first header octet.
   * @param end Offset one past the last octet that IP carried.
   * @returns Whether the header, as long as it says it is, is there.
   */
  open(at: number, end: number): boolean {
    this.#at = at;
    this.#end = end;
    if (end - at < TCP_HEADER_LEN) return false;
    return this.headerLen >= TCP_HEADER_LEN && this.headerLen <= end - at;
  }

  /**
   * Reads the options. Malformed ones end the walk, as they do in Linux.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc9293#section-3.2 | RFC 9293 §3.2}
   * and {@link https://www.rfc-editor.org/rfc/rfc7323#section-2.2 | RFC 7323 §2.2}
   */
  readOptions(): void {
    const view = this.#view;
    this.mss = DEFAULT_MSS;
    this.windowScale = -1;
    this.sackPermitted = false;
    this.hasTimestamps = false;
    let at = this.#at + TCP_HEADER_LEN;
    const end = this.payloadAt;
    while (at < end) {
      const kind = view.getUint8(at);
      if (kind === END_OF_OPTIONS) return;
      if (kind === NO_OPERATION) {
        at++;
        continue;
      }
      if (end - at < 2) return;
      const length = view.getUint8(at + 1);
      if (length < 2 || length > end - at) return;
      if (kind === MAXIMUM_SEGMENT_SIZE && length === 4) {
        this.mss = view.getUint16(at + 2) || DEFAULT_MSS;
      } else if (kind === WINDOW_SCALE && length === 3) {
        this.windowScale = Math.min(view.getUint8(at + 2), 14);
      } else if (kind === SACK_PERMITTED && length === 2) {
        this.sackPermitted = true;
      } else if (kind === TIMESTAMPS && length === 10) {
        this.hasTimestamps = true;
        this.timestamp = view.getInt32(at + 2);
        this.timestampEcho = view.getInt32(at + 6);
      }
      at += length;
    }
  }

  /** Offset of the first header octet. */
  get at(): number {
    return this.#at;
  }
  /** Offset of the two ports, 4 octets. */
  get portsAt(): number {
    return this.#at + SRC_PORT;
  }
  /** Source port. */
  get srcPort(): number {
    return this.#view.getUint16(this.#at + SRC_PORT);
  }
  /** Destination port. */
  get dstPort(): number {
    return this.#view.getUint16(this.#at + DST_PORT);
  }
  /** Sequence number, as an int32 bit pattern. */
  get seq(): number {
    return this.#view.getInt32(this.#at + SEQ);
  }
  /** Acknowledgment number, as an int32 bit pattern. */
  get ack(): number {
    return this.#view.getInt32(this.#at + ACK_NUMBER);
  }
  /** Length of the header with its options, in octets. */
  get headerLen(): number {
    return (this.#view.getUint8(this.#at + HEADER_LEN) >>> 4) << 2;
  }
  /** {@linkcode FIN} to {@linkcode CWR}. */
  get flags(): number {
    return this.#view.getUint8(this.#at + FLAGS);
  }
  /** Window, as it stands: not scaled. */
  get window(): number {
    return this.#view.getUint16(this.#at + WINDOW);
  }
  /** Offset of the first payload octet. */
  get payloadAt(): number {
    return this.#at + this.headerLen;
  }
  /** Offset one past the last payload octet. */
  get payloadEnd(): number {
    return this.#end;
  }
  /** Length of header and payload, in octets. */
  get length(): number {
    return this.#end - this.#at;
  }

  /**
   * Tells whether the checksum is right.
   *
   * @param seed Folded sum of the pseudo-header.
   */
  sumsUp(seed: number): boolean {
    return sum16(this.#view, this.#at, this.#end, seed) === 0xffff;
  }
}

/**
 * Writes the header that answers `request`, with its ports swapped and without
 * options. Its checksum is left 0.
 *
 * @param out Memory to write `[at, at + 20)` of; must not overlap `request`.
 * @param at Offset of the first header octet.
 * @param request Header being answered.
 * @param seq Sequence number.
 * @param ack Acknowledgment number.
 */
export function emitTcpReply(
  out: DataView,
  at: number,
  request: TcpHeader,
  seq: number,
  ack: number,
): void {
  out.setUint16(at + SRC_PORT, request.dstPort);
  out.setUint16(at + DST_PORT, request.srcPort);
  out.setInt32(at + SEQ, seq);
  out.setInt32(at + ACK_NUMBER, ack);
  out.setUint16(at + CHECKSUM, 0);
  out.setUint16(at + URGENT, 0);
}

/**
 * Completes a header: how long it is, what it says, how much it will take.
 *
 * @param out Memory that holds the header.
 * @param at Offset of the first header octet.
 * @param headerLen Length with options, in octets: a multiple of 4 in `[20, 60]`.
 * @param flags {@linkcode FIN} to {@linkcode CWR}.
 * @param window Window, in `[0, 65535]`.
 */
export function flagTcp(
  out: DataView,
  at: number,
  headerLen: number,
  flags: number,
  window: number,
): void {
  out.setUint8(at + HEADER_LEN, headerLen << 2);
  out.setUint8(at + FLAGS, flags);
  out.setUint16(at + WINDOW, window);
}

/**
 * Writes a maximum segment size option, RFC 9293 §3.7.1.
 *
 * @param out Memory to write `[at, at + 4)` of.
 * @param at Offset of the option.
 * @param mss Segment size, in octets.
 * @returns Offset one past the option.
 */
export function emitMss(out: DataView, at: number, mss: number): number {
  out.setUint16(at, MAXIMUM_SEGMENT_SIZE << 8 | 4);
  out.setUint16(at + 2, mss);
  return at + 4;
}

/**
 * Writes SACK-permitted, RFC 2018 §2, in front of what follows it.
 *
 * @param out Memory to write `[at, at + 2)` of.
 * @param at Offset of the option.
 * @returns Offset one past the option.
 */
export function emitSackPermitted(out: DataView, at: number): number {
  out.setUint16(at, SACK_PERMITTED << 8 | 2);
  return at + 2;
}

/**
 * Writes two no-operations, to align what follows.
 *
 * @param out Memory to write `[at, at + 2)` of.
 * @param at Offset of the first.
 * @returns Offset one past the second.
 */
export function emitPadding(out: DataView, at: number): number {
  out.setUint16(at, NO_OPERATION << 8 | NO_OPERATION);
  return at + 2;
}

/**
 * Writes a selective acknowledgment of one block, RFC 2018 §3.
 *
 * @param out Memory to write `[at, at + 10)` of.
 * @param at Offset of the option.
 * @param first Sequence number of the block's first octet.
 * @param end Sequence number one past its last.
 * @returns Offset one past the option.
 */
export function emitSack(
  out: DataView,
  at: number,
  first: number,
  end: number,
): number {
  out.setUint16(at, SACK << 8 | 10);
  out.setInt32(at + 2, first);
  out.setInt32(at + 6, end);
  return at + 10;
}

/**
 * Writes a timestamps option, RFC 7323 §3.2.
 *
 * @param out Memory to write `[at, at + 10)` of.
 * @param at Offset of the option.
 * @param timestamp Our timestamp.
 * @param echo The peer's latest timestamp.
 * @returns Offset one past the option.
 */
export function emitTimestamps(
  out: DataView,
  at: number,
  timestamp: number,
  echo: number,
): number {
  out.setUint16(at, TIMESTAMPS << 8 | 10);
  out.setInt32(at + 2, timestamp);
  out.setInt32(at + 6, echo);
  return at + 10;
}

/**
 * Writes a no-operation and a window scale option, RFC 7323 §2.2.
 *
 * @param out Memory to write `[at, at + 4)` of.
 * @param at Offset of the no-operation.
 * @param shift Shift count, in `[0, 14]`.
 * @returns Offset one past the option.
 */
export function emitWindowScale(
  out: DataView,
  at: number,
  shift: number,
): number {
  out.setUint16(at, NO_OPERATION << 8 | WINDOW_SCALE);
  out.setUint16(at + 2, 3 << 8 | shift);
  return at + 4;
}

/**
 * Computes and stores the checksum of a segment whose other fields are final.
 *
 * @param out Memory that holds the segment.
 * @param at Offset of the first header octet; the checksum field must be 0.
 * @param end Offset one past the last payload octet.
 * @param seed Folded sum of the pseudo-header.
 */
export function sealTcp(
  out: DataView,
  at: number,
  end: number,
  seed: number,
): void {
  out.setUint16(at + CHECKSUM, ~sum16(out, at, end, seed));
}
