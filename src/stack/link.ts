/**
 * The link: which frames are for us, and how a reply leaves.
 *
 * @module
 */

import type { AddressPolicy } from "../address/policy.ts";
import type { Arena } from "../arena.ts";
import type { Outbox } from "../outbox.ts";
import { VERDICT } from "../verdict.ts";
import {
  ETHERNET_HEADER_LEN,
  EthernetHeader,
  ETHERTYPE_VLAN,
  MAC_LEN,
  VLAN_TAG_LEN,
} from "../wire/ethernet.ts";

/** Result of {@linkcode Link.receive}: the frame is for us. */
export const FOR_US: number = -1;
/** In place of a VLAN tag delivered beside the frame: none. */
export const NO_TAG = 0;

const GROUP_IPV4 = 0x0100; // 01:00 5e:…, RFC 1112 §6.4
const GROUP_IPV6 = 0x3333; // 33:33 …, RFC 2464 §7
const ALL_NODES = 1; // 33:33 00:00:00:01
const SOLICITED_NODE = 0xff; // 33:33 ff:…, RFC 4291 §2.7.1

/** One Ethernet interface, and our hardware address on it. */
export class Link {
  readonly #arena: Arena;
  readonly #outbox: Outbox;
  readonly #policy: AddressPolicy;
  readonly #macHigh: number;
  readonly #macLow: number;
  #groups4 = new GroupSet(23);
  #groups6 = new GroupSet(24);
  #tag = NO_TAG; // delivered beside the frame: TPID << 16 | TCI
  #headerLen = 0; // of a reply

  /** Header of the frame received last. */
  readonly header: EthernetHeader;
  /** Offset of our 6-octet hardware address. */
  readonly macAt: number;
  /** Whether the checksums of the frame are still to be filled in. */
  isUnsummed = false;
  /** Length of all packets that answer the frame received last, in octets. */
  sentLen = 0;

  /**
   * Makes the link ready.
   *
   * @param arena Memory that frames are in.
   * @param outbox Where replies go.
   * @param mac Our hardware address, 6 octets.
   * @param policy Which addresses are ours.
   */
  constructor(
    arena: Arena,
    outbox: Outbox,
    mac: Uint8Array,
    policy: AddressPolicy,
  ) {
    this.#arena = arena;
    this.#outbox = outbox;
    this.#policy = policy;
    this.header = new EthernetHeader(arena);
    this.macAt = arena.allocate(MAC_LEN);
    arena.bytes.set(mac, this.macAt);
    this.#macHigh = arena.view.getUint16(this.macAt);
    this.#macLow = arena.view.getInt32(this.macAt + 2);
    this.joinGroups();
  }

  /** Listens to the multicast groups of our addresses, and to no others. */
  joinGroups(): void {
    this.#groups4 = new GroupSet(23);
    this.#groups6 = new GroupSet(24);
    for (const { first, last } of this.#policy.ranges) {
      (first.length === 4 ? this.#groups4 : this.#groups6).add(first, last);
    }
  }

  /**
   * Decides whether a frame is for us.
   *
   * @param at Offset of the first octet.
   * @param end Offset one past the last octet.
   * @param tag VLAN tag that came beside the frame, TPID in its high and TCI
   * in its low 16 bits, or {@linkcode NO_TAG}.
   * @param isUnsummed Whether the checksums inside are still to be filled in,
   * as in frames from the same host.
   * @returns {@linkcode FOR_US} or a verdict.
   */
  receive(at: number, end: number, tag: number, isUnsummed: boolean): number {
    const { header } = this;
    this.sentLen = 0;
    if (!header.open(at, end)) return VERDICT.frame_short;
    this.#tag = tag;
    this.isUnsummed = isUnsummed;
    this.#headerLen = ETHERNET_HEADER_LEN + header.tagsLen +
      (tag === NO_TAG ? 0 : VLAN_TAG_LEN);
    if (header.srcIsGroup) return VERDICT.frame_from_group;
    return this.#isForUs() ? FOR_US : VERDICT.frame_not_for_us;
  }

  #isForUs(): boolean {
    const { dstHigh, dstLow } = this.header;
    if (dstHigh === this.#macHigh && dstLow === this.#macLow) return true;
    if (this.isBroadcast) return true;
    if (dstHigh === GROUP_IPV6) {
      if (dstLow === ALL_NODES) return true;
      return dstLow >>> 24 === SOLICITED_NODE &&
        (this.#policy.isOpen || this.#groups6.has(dstLow));
    }
    return dstHigh === GROUP_IPV4 && dstLow >>> 23 === 0x5e << 1 &&
      this.#groups4.has(dstLow);
  }

  /** Whether the frame went to all stations. */
  get isBroadcast(): boolean {
    return this.header.dstHigh === 0xffff && this.header.dstLow === -1;
  }

  /** Whether the frame went to more than one station. */
  get isGroup(): boolean {
    return (this.header.dstHigh & 0x0100) !== 0;
  }

  /** VLAN tag that came beside the frame, or {@linkcode NO_TAG}. */
  get tag(): number {
    return this.#tag;
  }

  /** VLAN of the frame: its identifiers, innermost lowest; 0 without. */
  get vlan(): number {
    const { tagsAt, tagsLen } = this.header;
    let vlan = this.#tag & 0xfff;
    for (let i = 0; i < tagsLen; i += VLAN_TAG_LEN) {
      vlan = vlan << 12 | this.#arena.view.getUint16(tagsAt + i + 2) & 0xfff;
    }
    return vlan;
  }

  /** Offset at which the payload of the next reply is to be written. */
  get out(): number {
    return this.#outbox.freeAt + this.#headerLen;
  }

  /**
   * Tells whether a reply fits a frame.
   *
   * @param length Length of its payload, in octets.
   */
  fits(length: number): boolean {
    return length <= this.#outbox.slotLen - this.#headerLen;
  }

  /**
   * Sends the payload at {@linkcode Link.out} back to where the frame came
   * from, in the same VLAN.
   *
   * @param end Offset one past its last octet.
   */
  send(end: number): void {
    this.sendTo(this.header.srcAt, end);
  }

  /**
   * Sends the payload at {@linkcode Link.out} to a station in the same VLAN.
   *
   * @param macAt Offset of the station's 6-octet hardware address.
   * @param end Offset one past the payload's last octet.
   */
  sendTo(macAt: number, end: number): void {
    const { view } = this.#arena;
    const { header } = this;
    const at = this.#outbox.freeAt;
    view.setInt32(at, view.getInt32(macAt));
    view.setUint16(at + 4, view.getUint16(macAt + 4));
    view.setUint16(at + 6, this.#macHigh);
    view.setInt32(at + 8, this.#macLow);
    let typeAt = at + 2 * MAC_LEN;
    if (this.#tag !== NO_TAG) {
      view.setInt32(typeAt, this.#tag);
      typeAt += VLAN_TAG_LEN;
    }
    for (let i = 0; i < header.tagsLen; i += VLAN_TAG_LEN) {
      view.setInt32(typeAt, view.getInt32(header.tagsAt + i));
      typeAt += VLAN_TAG_LEN;
    }
    view.setUint16(typeAt, header.type);
    this.sentLen += end - this.out;
    this.#outbox.push(end);
  }
}

/** Makes the tag of a customer VLAN, IEEE 802.1Q, from its TCI. */
export function vlanTag(tci: number): number {
  return ETHERTYPE_VLAN << 16 | tci;
}

/** Multicast groups that addresses belong to, by their last bits. */
class GroupSet {
  readonly #mask: number;
  readonly #bits: Uint8Array<ArrayBuffer>;

  constructor(width: number) {
    this.#mask = 2 ** width - 1;
    this.#bits = new Uint8Array(2 ** width / 8);
  }

  /** Adds the groups of all addresses from `first` to `last`. */
  add(first: Uint8Array, last: Uint8Array): void {
    const number = (octets: Uint8Array): bigint =>
      BigInt(`0x${octets.toHex()}`);
    const count = number(last) - number(first);
    if (count >= BigInt(this.#mask)) {
      this.#bits.fill(0xff);
      return;
    }
    const low = Number(number(first) & BigInt(this.#mask));
    for (let i = 0; i <= Number(count); i++) {
      const group = (low + i) & this.#mask;
      this.#bits[group >>> 3]! |= 1 << (group & 7);
    }
  }

  /** Whether the group with these last bits is there. */
  has(group: number): boolean {
    const index = group & this.#mask;
    return (this.#bits[index >>> 3]! >>> (index & 7) & 1) !== 0;
  }
}
