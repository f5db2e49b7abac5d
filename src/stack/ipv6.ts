/**
 * Internet Protocol version 6: which packets are for us, and the header of a
 * reply. RFC 8200.
 *
 * @module
 */

import { type AddressPolicy, isMartian6 } from "../address/policy.ts";
import type { Arena } from "../arena.ts";
import type { IpPersona } from "../persona.ts";
import { VERDICT } from "../verdict.ts";
import {
  addressIpv6,
  emitIpv6,
  IPV6_ADDRESS_LEN,
  IPV6_HEADER_LEN,
  Ipv6Header,
} from "../wire/ipv6.ts";
import { FOR_US, type Link } from "./link.ts";

const IPPROTO_ICMPV6 = 58;
const ECN_MASK = 0x03; // RFC 3168 §5

/** IPv6 on a link. */
export class Ipv6 {
  readonly #arena: Arena;
  readonly #link: Link;
  readonly #policy: AddressPolicy;
  readonly #persona: IpPersona;
  readonly #secret: number;

  /** Length of a reply's header, in octets. */
  readonly overhead: number = IPV6_HEADER_LEN;
  /** Header of the packet received last. */
  readonly header: Ipv6Header;

  /**
   * Puts the layer on a link.
   *
   * @param arena Memory that frames are in.
   * @param link Where replies go.
   * @param policy Which addresses are ours, and whom we talk to.
   * @param persona What replies look like.
   * @param secret 32 random bits.
   */
  constructor(
    arena: Arena,
    link: Link,
    policy: AddressPolicy,
    persona: IpPersona,
    secret: number,
  ) {
    this.#arena = arena;
    this.#link = link;
    this.#policy = policy;
    this.#persona = persona;
    this.#secret = secret;
    this.header = new Ipv6Header(arena);
  }

  /**
   * Reads a packet, whomever it is from and for.
   *
   * @param at Offset of the first octet.
   * @param end Offset one past the last octet of the frame.
   * @returns {@linkcode FOR_US} or a verdict.
   */
  open(at: number, end: number): number {
    const { header } = this;
    if (!header.open(at, end)) return VERDICT.ip_malformed;
    return header.isFragment ? VERDICT.ip_fragment : FOR_US;
  }

  /**
   * Decides whether the packet is for us, as all but neighbour discovery ask.
   *
   * @returns {@linkcode FOR_US} or a verdict.
   */
  receive(): number {
    const { view } = this.#arena;
    const { srcAt, dstAt } = this.header;
    if (isMartian6(view, dstAt)) return VERDICT.ip_martian;
    if (!this.#policy.owns6(view, dstAt)) return VERDICT.ip_not_for_us;
    if (this.#policy.isOpen && this.#link.isGroup) {
      return VERDICT.ip_not_for_us;
    }
    if (this.isSame(srcAt, dstAt)) return VERDICT.ip_from_us;
    return this.checkSource();
  }

  /**
   * Decides whether the sender is somebody we talk to.
   *
   * @returns {@linkcode FOR_US} or a verdict.
   */
  checkSource(): number {
    const { view } = this.#arena;
    const { srcAt } = this.header;
    if (isMartian6(view, srcAt)) return VERDICT.ip_martian;
    if (this.#policy.lists6(view, srcAt)) return VERDICT.ip_from_us;
    return this.#policy.denies6(view, srcAt) ? VERDICT.ip_denied : FOR_US;
  }

  /** Whether the addresses at two offsets are the same. */
  isSame(at: number, otherAt: number): boolean {
    const { view } = this.#arena;
    for (let i = 0; i < IPV6_ADDRESS_LEN; i += 4) {
      if (view.getInt32(at + i) !== view.getInt32(otherAt + i)) return false;
    }
    return true;
  }

  /** Offset at which the payload of the next reply is to be written. */
  get out(): number {
    return this.#link.out + IPV6_HEADER_LEN;
  }

  /**
   * Tells whether a reply fits a frame.
   *
   * @param length Length of its payload, in octets.
   */
  fits(length: number): boolean {
    return this.#link.fits(IPV6_HEADER_LEN + length);
  }

  /**
   * Sends the payload at {@linkcode Ipv6.out} back.
   *
   * @param end Offset one past its last octet.
   * @param _id Only IPv4 has it.
   */
  send(end: number, _id: number): void {
    this.#send(end, this.header.protocol, 0);
  }

  /**
   * Sends the payload at {@linkcode Ipv6.out} back, to be treated on its way as
   * the request was.
   *
   * @param end Offset one past its last octet.
   */
  sendAlike(end: number): void {
    const { protocol, trafficClass } = this.header;
    this.#send(end, protocol, trafficClass & ~ECN_MASK);
  }

  /** Whether a neighbour that asks us alone is told no hardware address. */
  get advertisesBriefly(): boolean {
    return this.#persona.advertisesBriefly;
  }

  /** Whether a request for an echo may have any code. */
  get mirrorsEchoes(): boolean {
    return this.#persona.mirrorsEchoes;
  }

  /**
   * Sends the echo reply at {@linkcode Ipv6.out} back.
   *
   * @param end Offset one past its last octet.
   */
  sendEcho(end: number): void {
    const { trafficClass } = this.header;
    this.#send(end, IPPROTO_ICMPV6, this.mirrorsEchoes ? trafficClass : 0);
  }

  /**
   * Sends the ICMP error at {@linkcode Ipv6.out} back.
   *
   * @param end Offset one past its last octet.
   */
  sendError(end: number): void {
    this.#send(end, IPPROTO_ICMPV6, 0);
  }

  /**
   * Sums the pseudo-header of an ICMP message in answer to a packet that
   * carries something else.
   *
   * @param length Length of the message, in octets.
   * @returns Folded sum in `[0, 0xffff]`.
   */
  icmpSum(length: number): number {
    const { header } = this;
    // The sum is over the addresses, the length and the protocol number.
    return header.pseudoSum(length + IPPROTO_ICMPV6 - header.protocol);
  }

  #send(end: number, protocol: number, trafficClass: number): void {
    const { header } = this;
    const { view } = this.#arena;
    const at = this.#link.out;
    emitIpv6(this.#arena, at, protocol, this.#persona.ttl, end);
    addressIpv6(this.#arena, at, header.dstAt, header.srcAt);
    const label = this.#persona.labelsFlows ? this.#label(protocol) : 0;
    view.setInt32(at, 0x60000000 | trafficClass << 20 | label);
    this.#link.send(end);
  }

  /**
   * Writes a header that does not mirror the request's, and does not send it.
   *
   * @param end Offset one past the last octet of the payload.
   * @param hopLimit Hop limit, in `[1, 255]`.
   * @param srcAt Offset of the 16-octet source address.
   * @param dstAt Offset of the 16-octet destination address.
   */
  address(end: number, hopLimit: number, srcAt: number, dstAt: number): void {
    const at = this.#link.out;
    emitIpv6(this.#arena, at, this.header.protocol, hopLimit, end);
    addressIpv6(this.#arena, at, srcAt, dstAt);
  }

  /**
   * Label of two hosts' conversation, RFC 6437 §3: like Linux, another one for
   * each pair of ports.
   */
  #label(protocol: number): number {
    const { view } = this.#arena;
    const { dstAt, payloadAt, srcAt } = this.header;
    const ports = protocol === IPPROTO_ICMPV6 ? 0 : view.getInt32(payloadAt);
    let hash = this.#secret ^ ports;
    for (let i = 0; i < IPV6_ADDRESS_LEN; i += 4) {
      hash = Math.imul(hash ^ view.getInt32(srcAt + i), 0x9e3779b1);
      hash = Math.imul(hash ^ view.getInt32(dstAt + i), 0x85ebca6b);
      hash ^= hash >>> 15;
    }
    return hash & 0xfffff;
  }
}
