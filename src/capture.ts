/**
 * The packets of a capture, written by the packet loop: one enhanced packet
 * block for each frame that came in or went out.
 *
 * ```text
 *  | 6 (4) | length (4) | interface (4) | time (4 + 4) | kept (4) | whole (4) |
 *  | frame, padded to 4 | comment: Community ID | flags: direction | end |
 *  | length (4) |
 * ```
 *
 * Like records, blocks go into plain buffers that are handed to the control
 * thread, which writes them to a file, and handed back. When none is at hand, a
 * frame is left out of the capture and counted. The comment is left for the
 * control thread to write, which has more time: instead of it, there is where
 * in the block the packet's IP header is.
 *
 * @module
 */

import type { Arena } from "./arena.ts";
import { COMMUNITY_ID_LEN } from "./community_id.ts";
import type { Outbox } from "./outbox.ts";
import {
  ENHANCED_PACKET,
  KEPT_LEN_AT,
  LENGTH_AT,
  OPT_COMMENT,
  OPTION_HEADER_LEN,
  PACKET_AT,
  padded,
} from "./pcapng.ts";
import {
  EthernetHeader,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  MAC_LEN,
  VLAN_TAG_LEN,
} from "./wire/ethernet.ts";
import { Ipv4Header } from "./wire/ipv4.ts";
import { Ipv6Header } from "./wire/ipv6.ts";

/** Length of a buffer, in octets; a block is never longer. */
export const CAPTURE_BUFFER_LEN = 262_144;

// Offsets within a block, in octets.
const INTERFACE = 8;
const TIME_HIGH = 12;
const TIME_LOW = 16;
const WHOLE_LEN = 24;

const EPB_FLAGS = 2;
const COMMENT_LEN = OPTION_HEADER_LEN + padded(COMMUNITY_ID_LEN);
const FLAGS_LEN = OPTION_HEADER_LEN + 4;
const TRAILER_LEN = OPTION_HEADER_LEN + 4; // end of options, length again
const OVERHEAD_MAX = PACKET_AT + VLAN_TAG_LEN + 3 + COMMENT_LEN + FLAGS_LEN +
  TRAILER_LEN;
const KEPT_MAX = CAPTURE_BUFFER_LEN - OVERHEAD_MAX;

const INBOUND = 1;
const OUTBOUND = 2;

/** Takes a buffer whose first `length` octets are whole blocks. */
export type ShipBlocks = (buffer: ArrayBuffer, length: number) => void;

/** Writes the blocks of a capture. */
export class Capture {
  readonly #arena: Arena;
  readonly #iface: number;
  readonly #ship: ShipBlocks;
  readonly #ethernet: EthernetHeader;
  readonly #ipv4: Ipv4Header;
  readonly #ipv6: Ipv6Header;
  readonly #spare: ArrayBuffer[] = [];
  #buffer: ArrayBuffer | undefined;
  #out: Uint8Array = new Uint8Array(0);
  #view = new DataView(new ArrayBuffer(0));
  #end = 0;
  #timeHigh = 0;
  #timeLow = 0;

  /** Frames that were to be captured. */
  seen = 0;
  /** How many of them were not, for want of a buffer. */
  dropped = 0;

  /**
   * Makes a capture without buffers.
   *
   * @param arena Memory that frames are in.
   * @param iface Number of the interface in the capture.
   * @param ship Called with buffers that are to be written out.
   */
  constructor(arena: Arena, iface: number, ship: ShipBlocks) {
    this.#arena = arena;
    this.#iface = iface;
    this.#ship = ship;
    this.#ethernet = new EthernetHeader(arena);
    this.#ipv4 = new Ipv4Header(arena);
    this.#ipv6 = new Ipv6Header(arena);
  }

  /** Whether there is something to ship. */
  get hasPackets(): boolean {
    return this.#end > 0;
  }

  /**
   * Gives the capture a buffer to write to.
   *
   * @param buffer Buffer of {@linkcode CAPTURE_BUFFER_LEN} octets.
   */
  give(buffer: ArrayBuffer): void {
    this.#spare.push(buffer);
  }

  /** Ships what has been written. */
  flush(): void {
    if (this.#buffer === undefined || this.#end === 0) return;
    const [buffer, length] = [this.#buffer, this.#end];
    this.#buffer = undefined;
    this.#end = 0;
    this.#ship(buffer, length);
  }

  /**
   * Says when the next frames came or went.
   *
   * @param seconds Whole seconds since 1970, as an int32 bit pattern.
   * @param nanoseconds The rest, in `[0, 1e9)`.
   */
  setTime(seconds: number, nanoseconds: number): void {
    // 64-bit arithmetic in steps that a double holds exactly.
    const microseconds = (seconds >>> 0) * 1e6;
    const high = Math.floor(microseconds / 2 ** 32);
    const low = (microseconds - high * 2 ** 32) * 1000 + nanoseconds;
    const carry = Math.floor(low / 2 ** 32);
    this.#timeHigh = high * 1000 + carry | 0;
    this.#timeLow = low - carry * 2 ** 32 | 0;
  }

  /**
   * Captures a frame that came in.
   *
   * @param at Offset of the first octet.
   * @param end Offset one past the last octet that is there.
   * @param wholeLen Length of the frame on the wire, in octets.
   * @param tag VLAN tag that came beside the frame; 0 without. It is put back.
   */
  received(at: number, end: number, wholeLen: number, tag: number): void {
    this.#write(at, end, wholeLen, tag, INBOUND);
  }

  /**
   * Captures all frames that wait to be sent.
   *
   * @param outbox Where they wait.
   */
  sent(outbox: Outbox): void {
    for (let i = 0; i < outbox.count; i++) {
      const at = outbox.slotAt(i);
      const end = outbox.ends[i]!;
      this.#write(at, end, end - at, 0, OUTBOUND);
    }
  }

  #write(
    at: number,
    end: number,
    wholeLen: number,
    tag: number,
    direction: number,
  ): void {
    this.seen++;
    if (end - at > KEPT_MAX) end = at + KEPT_MAX;
    if (!this.#begin(end - at + OVERHEAD_MAX)) return;
    const start = this.#end;
    const view = this.#view;
    const isTagged = tag !== 0 && end - at >= 2 * MAC_LEN;
    const tagLen = isTagged ? VLAN_TAG_LEN : 0;
    const keptLen = end - at + tagLen;
    view.setUint32(start, ENHANCED_PACKET, true);
    view.setUint32(start + INTERFACE, this.#iface, true);
    view.setInt32(start + TIME_HIGH, this.#timeHigh, true);
    view.setInt32(start + TIME_LOW, this.#timeLow, true);
    view.setUint32(start + KEPT_LEN_AT, keptLen, true);
    view.setUint32(start + WHOLE_LEN, wholeLen + tagLen, true);
    let to = start + PACKET_AT;
    if (isTagged) {
      this.#copy(to, at, at + 2 * MAC_LEN);
      view.setInt32(to + 2 * MAC_LEN, tag);
      this.#copy(to + 2 * MAC_LEN + VLAN_TAG_LEN, at + 2 * MAC_LEN, end);
    } else {
      this.#copy(to, at, end);
    }
    to += padded(keptLen);
    const ipAt = this.#flowAt(at, end);
    if (ipAt >= 0) {
      view.setUint16(to, OPT_COMMENT, true);
      view.setUint16(to + 2, COMMUNITY_ID_LEN, true);
      const ipAtInBlock = PACKET_AT + tagLen + ipAt - at;
      view.setUint32(to + OPTION_HEADER_LEN, ipAtInBlock, true);
      to += COMMENT_LEN;
    }
    view.setUint16(to, EPB_FLAGS, true);
    view.setUint16(to + 2, 4, true);
    view.setUint32(to + OPTION_HEADER_LEN, direction, true);
    to += FLAGS_LEN;
    view.setUint32(to, 0, true); // end of options
    const length = to + TRAILER_LEN - start;
    view.setUint32(start + LENGTH_AT, length, true);
    view.setUint32(start + length - 4, length, true);
    this.#end = start + length;
  }

  /** Offset of the IP header of a frame that belongs to a flow, or −1. */
  #flowAt(at: number, end: number): number {
    if (!this.#ethernet.open(at, end)) return -1;
    const { payloadAt, type } = this.#ethernet;
    if (type === ETHERTYPE_IPV4) {
      const ip = this.#ipv4;
      return ip.open(payloadAt, end) && !ip.isFragment ? payloadAt : -1;
    }
    if (type === ETHERTYPE_IPV6) {
      const ip = this.#ipv6;
      return ip.open(payloadAt, end) && !ip.isFragment ? payloadAt : -1;
    }
    return -1;
  }

  /** Makes room for a block; false if there is none. */
  #begin(length: number): boolean {
    if (this.#buffer !== undefined && this.#end + length > CAPTURE_BUFFER_LEN) {
      this.flush();
    }
    if (this.#buffer === undefined) {
      this.#buffer = this.#spare.pop();
      if (this.#buffer === undefined) {
        this.dropped++;
        return false;
      }
      this.#out = new Uint8Array(this.#buffer);
      this.#view = new DataView(this.#buffer);
    }
    return true;
  }

  /** Copies octets of the arena, and zeros up to a multiple of 4. */
  #copy(to: number, at: number, end: number): void {
    const { bytes, view } = this.#arena;
    for (; end - at >= 4; at += 4, to += 4) {
      this.#view.setInt32(to, view.getInt32(at, true), true);
    }
    if (at === end) return;
    this.#view.setInt32(to, 0);
    for (; at < end; at++, to++) this.#out[to] = bytes[at]!;
  }
}
