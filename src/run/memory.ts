/**
 * How much memory a packet worker needs, and what for.
 *
 * @module
 */

import { RING_LEN } from "../../ffi/packet_port.ts";
import { STACK_MEMORY } from "../stack/stack.ts";

/** Frames that wait to be sent at most. */
export const SLOTS = 256;

const LINK_HEADERS_MAX = 26; // Ethernet with three VLAN tags

/**
 * Says how long a frame to send may be.
 *
 * @param mtu Largest IP packet of the interface, in octets.
 * @returns Octets of a slot.
 */
export function slotLenOf(mtu: number): number {
  return Math.ceil((mtu + LINK_HEADERS_MAX) / 64) * 64;
}

/**
 * Says how much memory a worker needs.
 *
 * @param mtu Largest IP packet of the interface, in octets.
 * @returns Octets, the ring's included.
 */
export function memoryLenOf(mtu: number): number {
  return RING_LEN + SLOTS * slotLenOf(mtu) + STACK_MEMORY;
}
