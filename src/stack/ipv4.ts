/**
 * Internet Protocol version 4: which packets are for us, and the header of a
 * reply. RFC 791, RFC 1122 §3.2.
 *
 * @module
 */

import { type AddressPolicy, isMartian4 } from "../address/policy.ts";
import type { Arena } from "../arena.ts";
import type { IpPersona } from "../persona.ts";
import { VERDICT } from "../verdict.ts";
import {
  emitIpv4Reply,
  identifyIpv4,
  IPV4_DONT_FRAGMENT,
  IPV4_HEADER_LEN,
  Ipv4Header,
  markIpv4,
  sealIpv4,
} from "../wire/ipv4.ts";
import { FOR_US, type Link } from "./link.ts";

// As in Linux, identifications are counted in many counters, picked by a keyed
// hash of the peer: its own replies tell nobody how many others got.
const COUNTERS = 2048;

const IPPROTO_ICMP = 1;
const ECN_MASK = 0x03; // RFC 3168 §5
const TOS_MASK = 0x1e; // RFC 1349 §3
const INTERNETWORK_CONTROL = 0xc0; // precedence, RFC 791 §3.1

/** IPv4 on a link. */
export class Ipv4 {
  readonly #arena: Arena;
  readonly #link: Link;
  readonly #policy: AddressPolicy;
  readonly #persona: IpPersona;
  readonly #counters: Uint16Array<ArrayBuffer>;
  readonly #secret: number;

  /** Length of a reply's header, in octets. */
  readonly overhead: number = IPV4_HEADER_LEN;
  /** Header of the packet received last. */
  readonly header: Ipv4Header;

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
    this.#counters = Uint16Array.from(
      { length: COUNTERS },
      (_, i) => Math.imul(secret ^ i, 0x9e3779b1) >>> 12,
    );
    this.header = new Ipv4Header(arena);
  }

  /**
   * Decides whether a packet is for us.
   *
   * @param at Offset of the first octet.
   * @param end Offset one past the last octet of the frame.
   * @returns {@linkcode FOR_US} or a verdict.
   */
  receive(at: number, end: number): number {
    const { header } = this;
    if (!header.open(at, end)) return VERDICT.ip_malformed;
    const { src, dst } = header;
    if (isMartian4(dst) || this.#policy.isForged4(src)) {
      return VERDICT.ip_martian;
    }
    if (!this.#policy.owns4(dst)) return VERDICT.ip_not_for_us;
    // Without a list nobody can tell a network's broadcast address from a
    // host's, and who answers it helps to flood the sender: RFC 1122 §3.3.6.
    if (this.#policy.isOpen && this.#link.isGroup) {
      return VERDICT.ip_not_for_us;
    }
    if (src === dst || this.#policy.lists4(src)) return VERDICT.ip_from_us;
    if (this.#policy.denies4(src)) return VERDICT.ip_denied;
    return header.isFragment ? VERDICT.ip_fragment : FOR_US;
  }

  /** Offset at which the payload of the next reply is to be written. */
  get out(): number {
    return this.#link.out + IPV4_HEADER_LEN;
  }

  /**
   * Tells whether a reply fits a frame.
   *
   * @param length Length of its payload, in octets.
   */
  fits(length: number): boolean {
    return this.#link.fits(IPV4_HEADER_LEN + length);
  }

  /**
   * Sends the payload at {@linkcode Ipv4.out} back, not to be fragmented.
   *
   * @param end Offset one past its last octet.
   * @param id Identification, if the persona numbers its packets.
   */
  send(end: number, id: number): void {
    this.#begin(end);
    this.#finish(
      end,
      this.#persona.numbersPackets ? id : 0,
      IPV4_DONT_FRAGMENT,
    );
  }

  /**
   * Sends the payload at {@linkcode Ipv4.out} back, to be treated on its way as
   * the request was.
   *
   * @param end Offset one past its last octet.
   */
  sendAlike(end: number): void {
    const { protocol, tos } = this.header;
    this.#begin(end);
    markIpv4(this.#arena.view, this.#link.out, protocol, tos & ~ECN_MASK);
    this.#finish(end, 0, IPV4_DONT_FRAGMENT);
  }

  /** Whether a request for an echo may have any code. */
  get mirrorsEchoes(): boolean {
    return this.#persona.mirrorsEchoes;
  }

  /**
   * Sends the echo reply at {@linkcode Ipv4.out} back, as a datagram that may be
   * fragmented and so needs a number, if the persona numbers its packets.
   *
   * @param end Offset one past its last octet.
   */
  sendEcho(end: number): void {
    const { tos } = this.header;
    this.#begin(end);
    if (this.mirrorsEchoes) {
      markIpv4(this.#arena.view, this.#link.out, IPPROTO_ICMP, tos);
    }
    this.#finishNumbered(end);
  }

  /**
   * Sends the ICMP error at {@linkcode Ipv4.out} back.
   *
   * @param end Offset one past its last octet.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc1812#section-4.3.2.5 | RFC 1812 §4.3.2.5}
   */
  sendError(end: number): void {
    const tos = INTERNETWORK_CONTROL | this.header.tos & TOS_MASK;
    this.#begin(end);
    markIpv4(this.#arena.view, this.#link.out, IPPROTO_ICMP, tos);
    this.#finishNumbered(end);
  }

  /**
   * Sums the pseudo-header of an ICMP message: there is none.
   *
   * @param _length Length of the message, in octets.
   */
  icmpSum(_length: number): number {
    return 0;
  }

  /** Writes the header in front of a payload. */
  #begin(end: number): void {
    const { view } = this.#arena;
    emitIpv4Reply(view, this.#link.out, this.header, this.#persona.ttl, end);
  }

  #finishNumbered(end: number): void {
    const { numbersPackets } = this.#persona;
    const hash = Math.imul(this.header.src ^ this.#secret, 0x9e3779b1);
    const counter = (hash ^ hash >>> 15) & (COUNTERS - 1);
    const id = numbersPackets ? ++this.#counters[counter]! : 0;
    this.#finish(end, id, numbersPackets ? 0 : IPV4_DONT_FRAGMENT);
  }

  #finish(end: number, id: number, flags: number): void {
    const { view } = this.#arena;
    const at = this.#link.out;
    identifyIpv4(view, at, id, flags);
    sealIpv4(view, at);
    this.#link.send(end);
  }
}
