/**
 * What keeps answers to datagrams harmless. Whoever sends one may not be who it
 * says, and then the answer hits him: so an answer is never larger than a small
 * multiple of the question, there are not many of them, and who never shows
 * that he is there gets fewer still.
 *
 * @module
 */

import { VERDICT } from "../verdict.ts";
import type { Ipv4 } from "./ipv4.ts";
import type { Ipv6 } from "./ipv6.ts";
import { UdpBudget } from "./udp_budget.ts";
import { UdpMute } from "./udp_mute.ts";

/** Judges answers before they are sent. */
export class UdpLimits {
  readonly #amplificationLimit: number;
  readonly #budget: UdpBudget;
  readonly #mute: UdpMute;

  /**
   * Sets the limits.
   *
   * @param amplificationLimit How many times as long as the question an answer
   * may be, both with their IP headers.
   * @param key Key for `SipHash`.
   * @param shares Into how many the sensor's budgets are divided, of which this
   * is one.
   */
  constructor(amplificationLimit: number, key: Uint8Array, shares: number) {
    this.#amplificationLimit = amplificationLimit;
    this.#budget = new UdpBudget(new DataView(key.buffer).getInt32(0), shares);
    this.#mute = new UdpMute(key, shares);
  }

  /**
   * Lets time pass.
   *
   * @param now Time, in milliseconds since 1970.
   */
  tick(now: number): void {
    this.#budget.tick(now);
    this.#mute.tick(now);
  }

  /**
   * Tells whether an answer is short enough.
   *
   * @param ip IP layer that received the question.
   * @param length Length of the answer without its IP header, in octets.
   */
  allowsLength(ip: Ipv4 | Ipv6, length: number): boolean {
    const question = ip.header.payloadEnd - ip.header.at;
    return ip.overhead + length <= this.#amplificationLimit * question;
  }

  /**
   * Spends an answer, if there is one left.
   *
   * @param ip IP layer that received the question.
   * @param view Memory that it is in.
   * @returns The verdict: an answer, or why there must not be one.
   */
  spend(ip: Ipv4 | Ipv6, view: DataView): number {
    const { addressLen, srcAt } = ip.header;
    if (!this.#mute.spend(view, srcAt, addressLen)) return VERDICT.udp_muted;
    return this.#budget.spend(view, srcAt, addressLen)
      ? VERDICT.udp_answer
      : VERDICT.udp_over_budget;
  }

  /**
   * Spends an error, if there is one left. It is nothing that anybody could
   * want, so that nobody is muted for it.
   *
   * @param ip IP layer that received the datagram.
   * @param view Memory that it is in.
   * @returns Whether there was one left.
   */
  spendError(ip: Ipv4 | Ipv6, view: DataView): boolean {
    return this.#budget.spend(view, ip.header.srcAt, ip.header.addressLen);
  }

  /**
   * Notes that the sender of the packet received last is who it says.
   *
   * @param ip IP layer that received it.
   * @param view Memory that it is in.
   */
  forgive(ip: Ipv4 | Ipv6, view: DataView): void {
    this.#mute.forgive(view, ip.header.srcAt, ip.header.addressLen);
  }
}
