/**
 * A frame's record that is read where it lies.
 *
 * @module
 */

import {
  ACK,
  ADDRESS_LEN,
  ADDRESS_MAX,
  BITS,
  DEPTH,
  DST,
  DST_PORT,
  ETHERTYPE,
  HAS_TARGET,
  IS_NEWS,
  IS_PROOF,
  MACS,
  PACKET,
  PACKET_LEN,
  PROTOCOL,
  SEED,
  SENT_ACK,
  SENT_FLAGS,
  SENT_LEN,
  SENT_SEQ,
  SEQ,
  SRC,
  SRC_PORT,
  TARGET,
  TIME,
  TYPE_CODE,
  VLAN,
  WHAT,
} from "./layout.ts";
import type { FrameRecord } from "./records.ts";

/**
 * A frame, of which only what is asked for is read: in a flood there are
 * hundreds of thousands a second, and of most of them little is wanted.
 */
export class LazyFrame implements FrameRecord {
  readonly #view: DataView<ArrayBuffer>;
  readonly #at: number;
  #src: Uint8Array | undefined;
  #dst: Uint8Array | undefined;

  /** Tells the sorts of records apart. */
  readonly kind = "frame";

  /**
   * Finds a record.
   *
   * @param view Records.
   * @param at Offset of this one's first octet.
   */
  constructor(view: DataView<ArrayBuffer>, at: number) {
    this.#view = view;
    this.#at = at;
  }

  get time(): number {
    return this.#view.getFloat64(this.#at + TIME);
  }

  get protocol(): number {
    return this.#view.getUint8(this.#at + PROTOCOL);
  }

  get srcPort(): number {
    return this.#view.getUint16(this.#at + SRC_PORT);
  }

  get dstPort(): number {
    return this.#view.getUint16(this.#at + DST_PORT);
  }

  get vlan(): number {
    return this.#view.getUint32(this.#at + VLAN);
  }

  get seed(): number {
    return this.#view.getInt32(this.#at + SEED);
  }

  get verdict(): number {
    return this.#view.getUint8(this.#at + WHAT);
  }

  get depth(): number {
    return this.#view.getUint8(this.#at + DEPTH);
  }

  get ethertype(): number {
    return this.#view.getUint16(this.#at + ETHERTYPE);
  }

  get typeCode(): number {
    return this.#view.getUint16(this.#at + TYPE_CODE);
  }

  get seq(): number {
    return this.#view.getUint32(this.#at + SEQ);
  }

  get ack(): number {
    return this.#view.getUint32(this.#at + ACK);
  }

  get sentSeq(): number {
    return this.#view.getUint32(this.#at + SENT_SEQ);
  }

  get sentAck(): number {
    return this.#view.getUint32(this.#at + SENT_ACK);
  }

  get sentFlags(): number {
    return this.#view.getUint16(this.#at + SENT_FLAGS);
  }

  get sentLen(): number {
    return this.#view.getUint32(this.#at + SENT_LEN);
  }

  get packetLen(): number {
    return this.#view.getUint32(this.#at + PACKET_LEN);
  }

  get isProof(): boolean {
    return (this.#view.getUint8(this.#at + BITS) & IS_PROOF) !== 0;
  }

  get isNews(): boolean {
    return (this.#bits & IS_NEWS) !== 0;
  }

  get src(): Uint8Array {
    return this.#src ??= this.#octets(SRC, this.#addressLen);
  }

  get dst(): Uint8Array {
    return this.#dst ??= this.#octets(DST, this.#addressLen);
  }

  get dstMac(): Uint8Array {
    return this.#octets(MACS, 6);
  }

  get srcMac(): Uint8Array {
    return this.#octets(MACS + 6, 6);
  }

  get target(): Uint8Array {
    return this.#octets(TARGET, this.#bits & HAS_TARGET ? ADDRESS_MAX : 0);
  }

  get packet(): Uint8Array {
    return this.#octets(PACKET, this.#view.getUint16(this.#at) - PACKET);
  }

  get #bits(): number {
    return this.#view.getUint8(this.#at + BITS);
  }

  get #addressLen(): number {
    return this.#view.getUint8(this.#at + ADDRESS_LEN);
  }

  #octets(from: number, length: number): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#at + from, length);
  }
}
