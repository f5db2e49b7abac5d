/**
 * Finds out from a capture which hardware address was ours.
 *
 * @module
 */

import type { AddressSet } from "../address/set.ts";
import { Arena } from "../arena.ts";
import type { CapturedFrame } from "../pcap.ts";
import {
  ETHERNET_HEADER_LEN,
  EthernetHeader,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  MAC_LEN,
  VLAN_TAG_LEN,
} from "../wire/ethernet.ts";

const NEXT_HEADER = 6; // RFC 8200 §3
const IPV6_HEADER_LEN = 40;
const ICMPV6 = 58;
const HEADERS_LEN = ETHERNET_HEADER_LEN + 2 * VLAN_TAG_LEN;

/** Where the destination is in the header of each version of IP. */
const DESTINATIONS = new Map([
  [ETHERTYPE_IPV4, { at: 16, length: 4 }], // RFC 791 §3.1
  [ETHERTYPE_IPV6, { at: 24, length: 16 }], // RFC 8200 §3
]);

/**
 * Finds the hardware address that packets to us went to; if there are none, to
 * anybody. ARP and neighbour discovery tell nothing: replies go to the client.
 *
 * @param frames The capture.
 * @param own Our addresses; absent: all of them.
 * @returns Its 6 octets, or `undefined` if no packet went to one station and
 * any address.
 */
export function guessMac(
  frames: readonly CapturedFrame[],
  own: AddressSet | undefined,
): Uint8Array | undefined {
  const arena = new Arena(new ArrayBuffer(HEADERS_LEN), HEADERS_LEN);
  const header = new EthernetHeader(arena);
  const goesTo = (
    { octets }: CapturedFrame,
    own: AddressSet | undefined,
  ): boolean => {
    const isToGroup = (octets[0]! & 1) !== 0;
    arena.bytes.set(octets.subarray(0, HEADERS_LEN));
    if (isToGroup || !header.open(0, octets.length)) return false;
    const field = DESTINATIONS.get(header.type);
    if (field === undefined) return false;
    const at = header.payloadAt + field.at;
    if (octets.length - at < field.length) return false;
    if (isDiscovery(header.type, octets.subarray(header.payloadAt))) {
      return false;
    }
    return own?.has(octets.subarray(at, at + field.length)) ?? true;
  };
  const found = frames.find((frame) => goesTo(frame, own)) ??
    frames.find((frame) => goesTo(frame, undefined));
  return found?.octets.subarray(0, MAC_LEN);
}

/** Whether a packet is one of neighbour discovery, RFC 4861 §4. */
function isDiscovery(etherType: number, packet: Uint8Array): boolean {
  const type = packet[IPV6_HEADER_LEN] ?? 0;
  return etherType === ETHERTYPE_IPV6 && packet[NEXT_HEADER] === ICMPV6 &&
    type >= 133 && type <= 137;
}
