/**
 * Comments on the packets of a capture with the Community IDs of their flows.
 *
 * @module
 */

import { Arena } from "../arena.ts";
import { CommunityId } from "../community_id.ts";
import {
  KEPT_LEN_AT,
  LENGTH_AT,
  OPT_COMMENT,
  OPTION_HEADER_LEN,
  PACKET_AT,
  padded,
} from "../pcapng.ts";
import { Ipv4Header } from "../wire/ipv4.ts";
import { Ipv6Header } from "../wire/ipv6.ts";

const ICMP = 1;
const ICMPV6 = 58;
const PORTS_LEN = 4;

/** Writes the comments that a packet worker left room for. */
export class CaptureComments {
  readonly #flow = new CommunityId();

  /**
   * Completes blocks.
   *
   * @param blocks Whole ones, as `src/capture.ts` makes them, from the start of
   * their buffer.
   */
  fill({ buffer, length }: Uint8Array<ArrayBuffer>): void {
    const arena = new Arena(buffer);
    const { bytes, view } = arena;
    const ipv4 = new Ipv4Header(arena);
    const ipv6 = new Ipv6Header(arena);
    const { text } = this.#flow;
    for (let at = 0; at < length; at += view.getUint32(at + LENGTH_AT, true)) {
      const keptLen = view.getUint32(at + KEPT_LEN_AT, true);
      const optionAt = at + PACKET_AT + padded(keptLen);
      if (view.getUint16(optionAt, true) !== OPT_COMMENT) continue;
      const textAt = optionAt + OPTION_HEADER_LEN;
      const ipAt = at + view.getUint32(textAt, true);
      const ip = view.getUint8(ipAt) >>> 4 === 4 ? ipv4 : ipv6;
      ip.open(ipAt, at + PACKET_AT + keptLen); // it is whole: the worker saw it
      this.#identify(arena, ip, at + PACKET_AT + keptLen);
      bytes.set(text, textAt);
      bytes.fill(0, textAt + text.length, textAt + padded(text.length));
    }
  }

  #identify(arena: Arena, ip: Ipv4Header | Ipv6Header, end: number): void {
    const { addressLen, payloadAt, protocol, srcAt } = ip;
    const { bytes, view } = arena;
    let ports = 0;
    if (end - payloadAt >= PORTS_LEN) {
      ports = protocol === ICMP || protocol === ICMPV6
        ? view.getUint8(payloadAt) << 16 | view.getUint8(payloadAt + 1)
        : view.getInt32(payloadAt);
    }
    this.#flow.compute(bytes, srcAt, addressLen, protocol, ports);
  }
}
