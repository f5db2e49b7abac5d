/**
 * Ethernet II header with up to two VLAN tags, IEEE 802.3 §3.1.1 and
 * IEEE 802.1Q §9.
 *
 * ```text
 *  +-------------------+-------------------+---------------+-----------+
 *  | destination (6)   | source (6)        | tag (4) × 0…2 | type (2)  |
 *  +-------------------+-------------------+---------------+-----------+
 * ```
 *
 * @module
 */

import type { Arena } from "../arena.ts";

/** Length of the header without tags, in octets. */
export const ETHERNET_HEADER_LEN = 14;
/** Length of one VLAN tag, in octets. */
export const VLAN_TAG_LEN = 4;
/** Length of a hardware address, in octets. */
export const MAC_LEN = 6;

/** EtherType of IPv4, RFC 894. */
export const ETHERTYPE_IPV4 = 0x0800;
/** EtherType of ARP, RFC 826. */
export const ETHERTYPE_ARP = 0x0806;
/** EtherType of a customer VLAN tag, IEEE 802.1Q. */
export const ETHERTYPE_VLAN = 0x8100;
/** EtherType of IPv6, RFC 2464 §3. */
export const ETHERTYPE_IPV6 = 0x86dd;
/** EtherType of a service VLAN tag, IEEE 802.1ad. */
export const ETHERTYPE_QINQ = 0x88a8;

const MAX_TAGS = 2;

// Field offsets, in octets from the start of the header.
const DST = 0;
const SRC = 6;
const TYPE = 12;

/** A movable window on an Ethernet header in the arena. */
export class EthernetHeader {
  readonly #view: DataView;
  #at = 0;
  #typeAt = 0;

  /**
   * Makes a window that has yet to be opened.
   *
   * @param arena Memory that it slides over.
   */
  constructor(arena: Arena) {
    this.#view = arena.view;
  }

  /**
   * Slides the window to `[at, end)` and steps over up to two VLAN tags.
   *
   * @param at Offset of the first header octet.
   * @param end Offset one past the last octet of the frame.
   * @returns Whether the whole header is there.
   */
  open(at: number, end: number): boolean {
    this.#at = at;
    if (end - at < ETHERNET_HEADER_LEN) return false;
    let typeAt = at + TYPE;
    for (let tags = 0; tags < MAX_TAGS; tags++) {
      const type = this.#view.getUint16(typeAt);
      if (type !== ETHERTYPE_VLAN && type !== ETHERTYPE_QINQ) break;
      typeAt += VLAN_TAG_LEN;
      if (end - typeAt < 2) return false;
    }
    this.#typeAt = typeAt;
    return true;
  }

  /** Offset of the 6-octet destination address, and of the frame. */
  get dstAt(): number {
    return this.#at + DST;
  }
  /** Offset of the 6-octet source address. */
  get srcAt(): number {
    return this.#at + SRC;
  }
  /** First 16 bits of the destination address. */
  get dstHigh(): number {
    return this.#view.getUint16(this.#at + DST);
  }
  /** Last 32 bits of the destination address, as an int32 bit pattern. */
  get dstLow(): number {
    return this.#view.getInt32(this.#at + DST + 2);
  }
  /** Whether the source address is a group address, which no sender has. */
  get srcIsGroup(): boolean {
    return (this.#view.getUint8(this.#at + SRC) & 1) !== 0;
  }
  /** Offset of the first VLAN tag. */
  get tagsAt(): number {
    return this.#at + TYPE;
  }
  /** Length of all VLAN tags, in octets: 0, 4 or 8. */
  get tagsLen(): number {
    return this.#typeAt - this.#at - TYPE;
  }
  /** EtherType of the payload, behind any tags. */
  get type(): number {
    return this.#view.getUint16(this.#typeAt);
  }
  /** Offset of the first payload octet. */
  get payloadAt(): number {
    return this.#typeAt + 2;
  }
}
