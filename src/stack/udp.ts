/**
 * User Datagram Protocol: what is asked in one datagram is answered in one.
 * RFC 768.
 *
 * @module
 */

import type { Arena } from "../arena.ts";
import { VERDICT } from "../verdict.ts";
import { sum16 } from "../wire/checksum.ts";
import { UdpHeader } from "../wire/udp.ts";
import type { Ipv4 } from "./ipv4.ts";
import type { Ipv6 } from "./ipv6.ts";
import type { Link } from "./link.ts";

/** UDP on either version of IP. */
export class Udp {
  readonly #arena: Arena;
  readonly #link: Link;

  /** Header of the datagram received last. */
  readonly header: UdpHeader;

  /**
   * Puts the layer on IP.
   *
   * @param arena Memory that frames are in.
   * @param link Link that IP is on.
   */
  constructor(arena: Arena, link: Link) {
    this.#arena = arena;
    this.#link = link;
    this.header = new UdpHeader(arena);
  }

  /**
   * Reads the datagram of the packet received last.
   *
   * @param ip IP layer that received it.
   * @returns The verdict.
   */
  receive(ip: Ipv4 | Ipv6): number {
    const { header } = this;
    const { payloadAt, payloadEnd, addressLen } = ip.header;
    if (!header.open(payloadAt, payloadEnd)) return VERDICT.transport_malformed;
    if (header.checksum === 0) {
      // Allowed over IPv4 only: RFC 8200 §8.1.
      if (addressLen !== 4) return VERDICT.checksum_wrong;
    } else if (!this.#link.isUnsummed) {
      const seed = ip.header.pseudoSum(header.length);
      const { view } = this.#arena;
      if (sum16(view, header.at, header.payloadEnd, seed) !== 0xffff) {
        return VERDICT.checksum_wrong;
      }
    }
    if (header.srcPort === 0) return VERDICT.port_zero;
    return VERDICT.udp_not_recognised;
  }
}
