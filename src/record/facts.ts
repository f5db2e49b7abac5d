/**
 * What the stack tells the recorder about a frame.
 *
 * @module
 */

import { DEPTH_OF } from "./layout.ts";

/** Facts about a frame. One instance is refilled for every frame. */
export class FrameFacts {
  /** One of {@linkcode DEPTH_OF}. */
  depth: number = DEPTH_OF.link;
  /** Offset of both hardware addresses, destination first. */
  macsAt = 0;
  /** EtherType. */
  ethertype = 0;
  /** VLAN identifiers; 0 without. */
  vlan = 0;
  /** Length of an address, in octets: 4 or 16. */
  addressLen = 0;
  /** Offset of the source, or an ARP sender's, address. */
  srcAt = 0;
  /** Offset of the destination, or an ARP target's, address. */
  dstAt = 0;
  /** Offset of the address that a neighbour solicitation asks for; or −1. */
  targetAt: number = -1;
  /** IANA protocol number. */
  protocol = 0;
  /** Source port. */
  srcPort = 0;
  /** Destination port. */
  dstPort = 0;
  /** What tells exchanges between the same ports apart, an int32. */
  seed = 0;
  /** ICMP type and code, ARP operation or TCP flags. */
  typeCode = 0;
  /** TCP sequence number, as an int32 bit pattern. */
  seq = 0;
  /** TCP acknowledgment number, as an int32 bit pattern. */
  ack = 0;
  /** The same of the segment sent last in answer. */
  sentSeq = 0;
  /** The same of the segment sent last in answer. */
  sentAck = 0;
  /** Flags of the segment sent last in answer. */
  sentFlags = 0;
  /** Length of all packets that were sent in answer, in octets. */
  sentLen = 0;
  /** Offset of the packet behind the link's header. */
  packetAt = 0;
  /** Offset one past the packet's last octet. */
  packetEnd = 0;
}
