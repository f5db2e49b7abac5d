/**
 * Address resolution for IPv4: who asks for one of our addresses is told
 * our hardware address. RFC 826.
 *
 * @module
 */

import { type AddressPolicy, isMartian4 } from "../address/policy.ts";
import type { Arena } from "../arena.ts";
import { VERDICT } from "../verdict.ts";
import { ARP_LEN, ARP_REQUEST, ArpPacket, emitArpReply } from "../wire/arp.ts";
import type { Link } from "./link.ts";

/** Answers ARP requests. */
export class Arp {
  readonly #arena: Arena;
  readonly #link: Link;
  readonly #policy: AddressPolicy;

  /** The packet received last. */
  readonly packet: ArpPacket;

  /**
   * Puts the layer on a link.
   *
   * @param arena Memory that frames are in.
   * @param link Where replies go.
   * @param policy Which addresses are ours.
   */
  constructor(arena: Arena, link: Link, policy: AddressPolicy) {
    this.#arena = arena;
    this.#link = link;
    this.#policy = policy;
    this.packet = new ArpPacket(arena);
  }

  /**
   * Answers a packet, if it deserves an answer.
   *
   * @param at Offset of the first octet.
   * @param end Offset one past the last octet of the frame.
   * @returns The verdict.
   */
  receive(at: number, end: number): number {
    const { packet } = this;
    if (!packet.open(at, end)) return VERDICT.arp_malformed;
    if (packet.operation !== ARP_REQUEST) return VERDICT.arp_not_request;
    const { senderIp, targetIp } = packet;
    if (isMartian4(targetIp)) return VERDICT.ip_martian;
    if (!this.#policy.owns4(targetIp)) return VERDICT.ip_not_for_us;
    if (senderIp === 0) {
      // A probe, RFC 5227 §1.1: "is this address free?" Of an address that is
      // listed as ours it is not; without a list, to say so would keep every
      // newcomer on the link from getting one.
      if (this.#policy.isOpen) return VERDICT.address_probe;
    } else {
      if (this.#policy.isForged4(senderIp)) return VERDICT.ip_martian;
      if (senderIp === targetIp || this.#policy.lists4(senderIp)) {
        return VERDICT.ip_from_us;
      }
      if (this.#policy.denies4(senderIp)) return VERDICT.ip_denied;
    }
    const out = this.#link.out;
    emitArpReply(this.#arena, out, packet, this.#link.macAt);
    this.#link.send(out + ARP_LEN);
    return VERDICT.arp_reply;
  }
}
