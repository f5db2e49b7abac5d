/**
 * ICMP "port unreachable": what a datagram to a closed port gets. RFC 792,
 * RFC 1122 §3.2.2.1, RFC 4443 §3.1; lengths, marks and rates as in Linux.
 *
 * @module
 */

import type { Arena } from "../arena.ts";
import { VERDICT } from "../verdict.ts";
import {
  emitUnreachable,
  ICMP_ERROR_LEN,
  ICMPV4_PORT_UNREACHABLE,
  ICMPV6_PORT_UNREACHABLE,
  sealIcmp,
} from "../wire/icmp.ts";
import { IcmpLimit } from "./icmp_limit.ts";
import type { Ipv4 } from "./ipv4.ts";
import type { Ipv6 } from "./ipv6.ts";
import type { UdpLimits } from "./udp_limits.ts";

// The whole packet is at most as long as every host must be able to take:
// RFC 1812 §4.3.2.3, RFC 4443 §3.1.
const QUOTE_MAX4 = 576 - 20 - ICMP_ERROR_LEN;
const QUOTE_MAX6 = 1280 - 40 - ICMP_ERROR_LEN;

// Least time between errors to one peer in the long run, in milliseconds.
const PACE4 = 1000; // net.ipv4.icmp_ratelimit
const PACE6 = 1000 >> 4; // net.ipv6.icmp.ratelimit, by the default route

/** Sends errors in answer to the datagram received last. */
export class PortUnreachable {
  readonly #arena: Arena;
  readonly #limits: UdpLimits;
  readonly #limit4: IcmpLimit;
  readonly #limit6: IcmpLimit;

  /**
   * Makes it.
   *
   * @param arena Memory that frames are in.
   * @param limits What holds for errors as for answers.
   * @param secret 32 random bits.
   * @param shares Into how many the sensor's errors are divided.
   */
  constructor(
    arena: Arena,
    limits: UdpLimits,
    secret: number,
    shares: number,
  ) {
    this.#arena = arena;
    this.#limits = limits;
    this.#limit4 = new IcmpLimit(PACE4, secret, shares);
    this.#limit6 = new IcmpLimit(PACE6, secret, shares);
  }

  /**
   * Lets time pass.
   *
   * @param now Time, in milliseconds since 1970.
   */
  tick(now: number): void {
    this.#limit4.tick(now);
    this.#limit6.tick(now);
  }

  /**
   * Says that the port of the datagram received last is closed, unless that
   * was said often enough.
   *
   * @param ip IP layer that received it.
   * @returns The verdict.
   */
  send(ip: Ipv4 | Ipv6): number {
    const { view } = this.#arena;
    const { addressLen, at: quoteAt, payloadEnd, srcAt } = ip.header;
    const isIpv4 = addressLen === 4;
    const received = payloadEnd - quoteAt;
    const quoted = Math.min(received, isIpv4 ? QUOTE_MAX4 : QUOTE_MAX6);
    const length = ICMP_ERROR_LEN + quoted;
    if (!this.#limits.allowsLength(ip, length)) {
      return VERDICT.udp_amplification;
    }
    if (!ip.fits(length)) return VERDICT.reply_too_long;
    const limit = isIpv4 ? this.#limit4 : this.#limit6;
    if (!limit.spend(view, srcAt, addressLen)) return VERDICT.icmp_over_limit;
    if (!this.#limits.spendError(ip, view)) return VERDICT.udp_over_budget;
    const at = ip.out;
    const typeCode = isIpv4 ? ICMPV4_PORT_UNREACHABLE : ICMPV6_PORT_UNREACHABLE;
    const end = emitUnreachable(
      this.#arena,
      at,
      typeCode,
      quoteAt,
      quoteAt + quoted,
    );
    sealIcmp(view, at, end, ip.icmpSum(length));
    ip.sendError(end);
    return VERDICT.port_unreachable;
  }
}
