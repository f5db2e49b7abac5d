/**
 * ICMP for IPv4: answers pings. RFC 792, RFC 1122 §3.2.2.6.
 *
 * @module
 */

import type { Arena } from "../arena.ts";
import { VERDICT } from "../verdict.ts";
import {
  ECHO_LEN,
  emitEchoReply,
  IcmpMessage,
  ICMPV4_ECHO,
  ICMPV4_ECHO_REPLY,
  sealIcmp,
} from "../wire/icmp.ts";
import type { Ipv4 } from "./ipv4.ts";
import type { Link } from "./link.ts";

/** ICMP on IPv4. */
export class Icmpv4 {
  readonly #arena: Arena;
  readonly #link: Link;
  readonly #ip: Ipv4;

  /** The message received last. */
  readonly message: IcmpMessage;

  /**
   * Puts the layer on IPv4.
   *
   * @param arena Memory that frames are in.
   * @param link Link that IPv4 is on.
   * @param ip Where replies go.
   */
  constructor(arena: Arena, link: Link, ip: Ipv4) {
    this.#arena = arena;
    this.#link = link;
    this.#ip = ip;
    this.message = new IcmpMessage(arena);
  }

  /**
   * Answers the message of the packet received last, if it is an echo.
   *
   * @returns The verdict.
   */
  receive(): number {
    const { message } = this;
    const { payloadAt, payloadEnd } = this.#ip.header;
    if (!message.open(payloadAt, payloadEnd)) {
      return VERDICT.transport_malformed;
    }
    if (!this.#link.isUnsummed && !message.sumsUp(0)) {
      return VERDICT.checksum_wrong;
    }
    if (message.type !== ICMPV4_ECHO) return VERDICT.icmp_not_request;
    if (message.code !== 0 && !this.#ip.mirrorsEchoes) {
      return VERDICT.icmp_not_request;
    }
    if (message.length < ECHO_LEN) return VERDICT.transport_malformed;
    if (!this.#ip.fits(message.length)) return VERDICT.reply_too_long;
    const out = this.#ip.out;
    const end = emitEchoReply(this.#arena, out, message, ICMPV4_ECHO_REPLY);
    sealIcmp(this.#arena.view, out, end, 0);
    this.#ip.sendEcho(end);
    return VERDICT.icmpv4_echo_reply;
  }
}
