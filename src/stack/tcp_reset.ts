/**
 * Resets: what a segment gets that is for a closed port or for no connection
 * that we know. RFC 9293 §3.10.7.1.
 *
 * A reset is never answered by one, and is no longer than what caused it.
 *
 * @module
 */

import type { Arena } from "../arena.ts";
import { VERDICT } from "../verdict.ts";
import { seqAdd } from "../wire/seq.ts";
import {
  ACK,
  emitTcpReply,
  FIN,
  flagTcp,
  RST,
  sealTcp,
  SYN,
  TCP_HEADER_LEN,
  type TcpHeader,
} from "../wire/tcp.ts";
import type { Ipv4 } from "./ipv4.ts";
import type { Ipv6 } from "./ipv6.ts";
import type { TcpOutput } from "./tcp_output.ts";

/** Sends resets in answer to the segment received last. */
export class TcpReset {
  readonly #arena: Arena;
  readonly #request: TcpHeader;
  readonly #output: TcpOutput;

  /**
   * Makes it.
   *
   * @param arena Memory that frames are in.
   * @param request Header of the segment received last.
   * @param output Is told what was sent last.
   */
  constructor(arena: Arena, request: TcpHeader, output: TcpOutput) {
    this.#arena = arena;
    this.#request = request;
    this.#output = output;
  }

  /**
   * Tells whether a reset is due.
   *
   * On an open port, as in Linux, what claims to belong to a connection is
   * reset, and what has no meaning is not. But octets or an end that nothing is
   * known of may have overtaken the first octets of a connection, which alone
   * prove that there is one: they are to be sent again, not reset.
   *
   * @param verdict What became of the segment.
   */
  isDue(verdict: number): boolean {
    const request = this.#request;
    switch (verdict) {
      case VERDICT.port_closed:
        return (request.flags & RST) === 0;
      case VERDICT.tcp_flags:
        return (request.flags & (RST | ACK)) === ACK;
      case VERDICT.tcp_cookie_wrong:
        return lengthOf(request) === 0;
      default:
        return false;
    }
  }

  /**
   * Resets.
   *
   * @param ip IP layer that received the segment.
   * @returns The verdict.
   */
  send(ip: Ipv4 | Ipv6): number {
    const { view } = this.#arena;
    const request = this.#request;
    const isAck = (request.flags & ACK) !== 0;
    const flags = isAck ? RST : RST | ACK;
    const seq = isAck ? request.ack : 0;
    const ack = isAck ? 0 : seqAdd(request.seq, lengthOf(request));
    const at = ip.out;
    const end = at + TCP_HEADER_LEN;
    emitTcpReply(view, at, request, seq, ack);
    flagTcp(view, at, TCP_HEADER_LEN, flags, 0);
    sealTcp(view, at, end, ip.header.pseudoSum(TCP_HEADER_LEN));
    this.#output.seq = seq;
    this.#output.ack = ack;
    this.#output.flags = flags;
    ip.sendAlike(end);
    return VERDICT.tcp_reset_sent;
  }
}

/** Sequence numbers that a segment takes. */
function lengthOf({ flags, payloadAt, payloadEnd }: TcpHeader): number {
  return payloadEnd - payloadAt + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
}
