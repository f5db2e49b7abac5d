/**
 * Asks whether somebody else has an address before we take it: ARP probes,
 * RFC 5227 §2.1.1, and solicitations for duplicate address detection, RFC 4862
 * §5.4.
 *
 * @module
 */

import type { Arena } from "../arena.ts";
import { ArpPacket, emitArpProbe } from "../wire/arp.ts";
import {
  ETHERNET_HEADER_LEN,
  EthernetHeader,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV6,
  MAC_LEN,
} from "../wire/ethernet.ts";
import {
  emitSolicitation,
  IcmpMessage,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  sealIcmp,
  SOLICITATION_LEN,
} from "../wire/icmp.ts";
import { emitIpv6, IPV6_HEADER_LEN, Ipv6Header } from "../wire/ipv6.ts";

/** Octets that a probe takes at most. */
export const PROBE_LEN = 86;

const IPPROTO_ICMPV6 = 58;
const HOP_LIMIT = 255; // RFC 4861 §4.3
const IPV6_ADDRESS_LEN = 16;
const IPV6_SRC = 8; // offsets in the header
const IPV6_DST = 24;

const BROADCAST = Uint8Array.fromHex("ffffffffffff");
const GROUP_MAC = Uint8Array.fromHex("3333ff"); // RFC 2464 §7
// ff02::1:ff00:0/104, RFC 4291 §2.7.1.
const SOLICITED_NODE_PREFIX = Uint8Array.fromHex("ff0200000000000000000001ff");

/** Somebody's claim to an address. */
export interface Claim {
  /** The address, 4 or 16 octets. */
  readonly address: Uint8Array;
  /** Hardware address of who has it, 6 octets. */
  readonly mac: Uint8Array;
}

/** Writes probes and reads what comes of them. */
export class Prober {
  readonly #arena: Arena;
  readonly #mac: Uint8Array;
  readonly #ethernet: EthernetHeader;
  readonly #arp: ArpPacket;
  readonly #ipv6: Ipv6Header;
  readonly #icmp: IcmpMessage;

  /**
   * Prepares to ask.
   *
   * @param arena Memory that frames are in.
   * @param mac Our hardware address, 6 octets.
   */
  constructor(arena: Arena, mac: Uint8Array) {
    this.#arena = arena;
    this.#mac = mac;
    this.#ethernet = new EthernetHeader(arena);
    this.#arp = new ArpPacket(arena);
    this.#ipv6 = new Ipv6Header(arena);
    this.#icmp = new IcmpMessage(arena);
  }

  /**
   * Writes the frame that asks for an address.
   *
   * @param at Offset of the first octet; {@linkcode PROBE_LEN} may be written.
   * @param address The address, 4 or 16 octets.
   * @returns Offset one past the last octet.
   */
  write(at: number, address: Uint8Array): number {
    const { bytes, view } = this.#arena;
    const packetAt = at + ETHERNET_HEADER_LEN;
    bytes.set(this.#mac, at + MAC_LEN);
    if (address.length === 4) {
      bytes.set(BROADCAST, at);
      view.setUint16(at + 2 * MAC_LEN, ETHERTYPE_ARP);
      return emitArpProbe(this.#arena, packetAt, at + MAC_LEN, address);
    }
    const group = address.subarray(SOLICITED_NODE_PREFIX.length);
    bytes.set(GROUP_MAC, at);
    bytes.set(group, at + GROUP_MAC.length);
    view.setUint16(at + 2 * MAC_LEN, ETHERTYPE_IPV6);
    const messageAt = packetAt + IPV6_HEADER_LEN;
    const end = emitSolicitation(this.#arena, messageAt, address);
    emitIpv6(this.#arena, packetAt, IPPROTO_ICMPV6, HOP_LIMIT, end);
    const srcAt = packetAt + IPV6_SRC;
    bytes.fill(0, srcAt, srcAt + IPV6_ADDRESS_LEN);
    bytes.set(SOLICITED_NODE_PREFIX, packetAt + IPV6_DST);
    bytes.set(group, packetAt + IPV6_DST + SOLICITED_NODE_PREFIX.length);
    this.#ipv6.open(packetAt, end);
    sealIcmp(view, messageAt, end, this.#ipv6.pseudoSum(end - messageAt));
    return end;
  }

  /**
   * Finds the claim in a frame, whoever sent it.
   *
   * @param at Offset of the first octet.
   * @param end Offset one past the last octet.
   * @returns The claim, or `undefined` if it makes none, or is our own.
   */
  read(at: number, end: number): Claim | undefined {
    const header = this.#ethernet;
    if (!header.open(at, end)) return undefined;
    const { bytes } = this.#arena;
    const mac = bytes.slice(header.srcAt, header.srcAt + MAC_LEN);
    if (mac.every((octet, i) => octet === this.#mac[i])) return undefined;
    const addressAt = header.type === ETHERTYPE_ARP
      ? this.#readArp(header.payloadAt, end)
      : header.type === ETHERTYPE_IPV6
      ? this.#readIpv6(header.payloadAt, end)
      : undefined;
    if (addressAt === undefined) return undefined;
    const length = header.type === ETHERTYPE_ARP ? 4 : IPV6_ADDRESS_LEN;
    return { address: bytes.slice(addressAt, addressAt + length), mac };
  }

  /** Offset of the address that an ARP packet is about. */
  #readArp(at: number, end: number): number | undefined {
    const arp = this.#arp;
    if (!arp.open(at, end)) return undefined;
    // Who has an address sends from it; who probes for it wants it as we do.
    return arp.senderIp === 0 ? arp.targetIpAt : arp.senderIpAt;
  }

  /** Offset of the address that a message of neighbour discovery is about. */
  #readIpv6(at: number, end: number): number | undefined {
    const ip = this.#ipv6;
    const message = this.#icmp;
    if (!ip.open(at, end) || ip.protocol !== IPPROTO_ICMPV6) return undefined;
    if (ip.isFragment || ip.hopLimit !== HOP_LIMIT) return undefined;
    if (!message.open(ip.payloadAt, ip.payloadEnd)) return undefined;
    if (message.length < SOLICITATION_LEN || message.code !== 0) {
      return undefined;
    }
    const isProbe = this.#arena.bytes
      .subarray(ip.srcAt, ip.srcAt + IPV6_ADDRESS_LEN)
      .every((octet) => octet === 0); // asks as we do, RFC 4862 §5.4.3
    if (
      message.type !== NEIGHBOR_ADVERTISEMENT &&
      !(message.type === NEIGHBOR_SOLICITATION && isProbe)
    ) return undefined;
    const isWhole = message.sumsUp(ip.pseudoSum(message.length));
    return isWhole ? message.targetAt : undefined;
  }
}
