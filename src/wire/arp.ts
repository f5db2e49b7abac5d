/**
 * Address Resolution Protocol for IPv4 over Ethernet, RFC 826.
 *
 * ```text
 *  +---------------+---------------+-------+-------+---------------+
 *  | hardware (2)  | protocol (2)  | hlen  | plen  | operation (2) |
 *  +---------------+---------------+-------+-------+---------------+
 *  | sender hardware address (6)   | sender protocol address (4)   |
 *  +-------------------------------+-------------------------------+
 *  | target hardware address (6)   | target protocol address (4)   |
 *  +-------------------------------+-------------------------------+
 * ```
 *
 * @module
 */

import type { Arena } from "../arena.ts";
import { ETHERTYPE_IPV4, MAC_LEN } from "./ethernet.ts";

/** Length of a packet for IPv4 over Ethernet, in octets. */
export const ARP_LEN = 28;
/** Operation code of a request. */
export const ARP_REQUEST = 1;
/** Operation code of a reply. */
export const ARP_REPLY = 2;

// Field offsets, in octets from the start of the packet.
const HARDWARE_TYPE = 0;
const PROTOCOL_TYPE = 2;
const ADDRESS_LENGTHS = 4;
const OPERATION = 6;
const SENDER_MAC = 8;
const SENDER_IP = 14;
const TARGET_MAC = 18;
const TARGET_IP = 24;

const HARDWARE_ETHERNET = 1;
const LENGTHS_ETHERNET_IPV4 = 0x0604; // 6-octet and 4-octet addresses

/** A movable window on an ARP packet in the arena. */
export class ArpPacket {
  readonly #view: DataView;
  #at = 0;

  /**
   * Makes a window that has yet to be opened.
   *
   * @param arena Memory that it slides over.
   */
  constructor(arena: Arena) {
    this.#view = arena.view;
  }

  /**
   * Slides the window to `[at, end)` and checks types and lengths.
   *
   * @param at Offset of the first octet.
   * @param end Offset one past the last octet of the frame.
   * @returns Whether it speaks of IPv4 over Ethernet.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc826 | RFC 826}, "Packet Reception"
   */
  open(at: number, end: number): boolean {
    this.#at = at;
    return end - at >= ARP_LEN &&
      this.#view.getUint16(at + HARDWARE_TYPE) === HARDWARE_ETHERNET &&
      this.#view.getUint16(at + PROTOCOL_TYPE) === ETHERTYPE_IPV4 &&
      this.#view.getUint16(at + ADDRESS_LENGTHS) === LENGTHS_ETHERNET_IPV4;
  }

  /** Operation code: {@linkcode ARP_REQUEST} or another. */
  get operation(): number {
    return this.#view.getUint16(this.#at + OPERATION);
  }
  /** Offset of the sender's 6-octet hardware address. */
  get senderMacAt(): number {
    return this.#at + SENDER_MAC;
  }
  /** Offset of the sender's 4-octet address. */
  get senderIpAt(): number {
    return this.#at + SENDER_IP;
  }
  /** Offset of the wanted 4-octet address. */
  get targetIpAt(): number {
    return this.#at + TARGET_IP;
  }
  /** Sender's address, as the int32 bit pattern of its four octets. */
  get senderIp(): number {
    return this.#view.getInt32(this.#at + SENDER_IP);
  }
  /** Wanted address, as the int32 bit pattern of its four octets. */
  get targetIp(): number {
    return this.#view.getInt32(this.#at + TARGET_IP);
  }
}

/**
 * Writes the reply to `request`: the wanted address is at `selfMacAt`.
 *
 * @param out Arena to write `[at, at + 28)` of; must not overlap `request`.
 * @param at Offset of the first octet.
 * @param request Request being answered.
 * @param selfMacAt Offset of our 6-octet hardware address.
 * @returns Offset one past the reply, `at + 28`.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc826 | RFC 826}, "Packet Reception"
 */
export function emitArpReply(
  out: Arena,
  at: number,
  request: ArpPacket,
  selfMacAt: number,
): number {
  const { bytes, view } = out;
  view.setUint16(at + HARDWARE_TYPE, HARDWARE_ETHERNET);
  view.setUint16(at + PROTOCOL_TYPE, ETHERTYPE_IPV4);
  view.setUint16(at + ADDRESS_LENGTHS, LENGTHS_ETHERNET_IPV4);
  view.setUint16(at + OPERATION, ARP_REPLY);
  bytes.copyWithin(at + SENDER_MAC, selfMacAt, selfMacAt + MAC_LEN);
  view.setInt32(at + SENDER_IP, request.targetIp);
  bytes.copyWithin(
    at + TARGET_MAC,
    request.senderMacAt,
    request.senderMacAt + MAC_LEN,
  );
  view.setInt32(at + TARGET_IP, request.senderIp);
  return at + ARP_LEN;
}

/**
 * Writes a probe: a request that tells nobody an address of ours.
 *
 * @param out Arena to write `[at, at + 28)` of.
 * @param at Offset of the first octet.
 * @param selfMacAt Offset of our 6-octet hardware address.
 * @param target Address that is asked for, 4 octets.
 * @returns Offset one past the probe, `at + 28`.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc5227#section-2.1.1 | RFC 5227 §2.1.1}
 */
export function emitArpProbe(
  out: Arena,
  at: number,
  selfMacAt: number,
  target: Uint8Array,
): number {
  const { bytes, view } = out;
  view.setUint16(at + HARDWARE_TYPE, HARDWARE_ETHERNET);
  view.setUint16(at + PROTOCOL_TYPE, ETHERTYPE_IPV4);
  view.setUint16(at + ADDRESS_LENGTHS, LENGTHS_ETHERNET_IPV4);
  view.setUint16(at + OPERATION, ARP_REQUEST);
  bytes.copyWithin(at + SENDER_MAC, selfMacAt, selfMacAt + MAC_LEN);
  bytes.fill(0, at + SENDER_IP, at + TARGET_IP);
  bytes.set(target, at + TARGET_IP);
  return at + ARP_LEN;
}
