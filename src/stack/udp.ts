/**
 * User Datagram Protocol: what is asked in one datagram is answered in one.
 * RFC 768.
 *
 * @module
 */

import type { Arena } from "../arena.ts";
import { hasPort, type PortSet } from "../ports.ts";
import { CLOSE, DONE, UDP } from "../protocol.ts";
import { NO_PROTOCOL, NOTE_MAX } from "../record/layout.ts";
import type { Recorder } from "../record/recorder.ts";
import { VERDICT } from "../verdict.ts";
import { sum16 } from "../wire/checksum.ts";
import {
  emitUdpReply,
  sealUdp,
  UDP_HEADER_LEN,
  UdpHeader,
} from "../wire/udp.ts";
import { type Application, NO_MATCH } from "./application.ts";
import type { Ipv4 } from "./ipv4.ts";
import type { Ipv6 } from "./ipv6.ts";
import type { Link } from "./link.ts";
import type { PortUnreachable } from "./port_unreachable.ts";
import type { UdpLimits } from "./udp_limits.ts";

/** UDP on either version of IP. */
export class Udp {
  readonly #arena: Arena;
  readonly #link: Link;
  readonly #application: Application;
  readonly #recorder: Recorder;
  readonly #limits: UdpLimits;
  readonly #openPorts: PortSet;
  readonly #unreachable: PortUnreachable | undefined;

  /** Header of the datagram received last. */
  readonly header: UdpHeader;
  /** What tells the datagram received last from others. */
  seed = 0;

  /**
   * Puts the layer on IP.
   *
   * @param arena Memory that frames are in.
   * @param link Link that IP is on.
   * @param application Where datagrams go.
   * @param recorder Who is told of every answered message.
   * @param limits What keeps answers harmless.
   * @param openPorts Ports whose datagrams are read.
   * @param unreachable Says that the others are closed, if anybody does.
   */
  constructor(
    arena: Arena,
    link: Link,
    application: Application,
    recorder: Recorder,
    limits: UdpLimits,
    openPorts: PortSet,
    unreachable: PortUnreachable | undefined,
  ) {
    this.#arena = arena;
    this.#link = link;
    this.#application = application;
    this.#recorder = recorder;
    this.#limits = limits;
    this.#openPorts = openPorts;
    this.#unreachable = unreachable;
    this.header = new UdpHeader(arena);
  }

  /**
   * Answers the datagram of the packet received last, if it deserves an answer.
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
    if (hasPort(this.#openPorts, header.dstPort)) return this.#answer(ip);
    // RFC 1122 §3.2.2: no errors about what came to more than one station.
    if (this.#link.isGroup) return VERDICT.port_closed;
    return this.#unreachable?.send(ip) ?? VERDICT.port_closed;
  }

  /** Hands the datagram to whose it is, and sends what that answers. */
  #answer(ip: Ipv4 | Ipv6): number {
    const { header } = this;
    const { exchange } = this.#application;
    exchange.transport = UDP;
    this.seed = this.seed + 1 | 0;
    exchange.seed = this.seed;
    exchange.at = header.payloadAt;
    exchange.end = header.payloadEnd;
    exchange.next = header.payloadEnd;
    exchange.state = 0;
    exchange.peerAt = ip.header.srcAt;
    exchange.dstAt = ip.header.dstAt;
    exchange.addressLen = ip.header.addressLen;
    exchange.peerPort = header.srcPort;
    exchange.selfPort = header.dstPort;
    exchange.listening = this.#recorder.isListening;
    const protocol = this.#application.identify();
    if (protocol === NO_MATCH) {
      this.#tellUnknown(NO_PROTOCOL);
      return VERDICT.udp_not_recognised;
    }
    const verdict = this.#application.reply(protocol);
    const { answer } = exchange;
    const isAnswered = verdict === DONE || verdict === CLOSE;
    if (!isAnswered || answer.end === answer.at) {
      this.#tellUnknown(protocol);
      return VERDICT.udp_declined;
    }

    const length = UDP_HEADER_LEN + answer.end - answer.at;
    if (!this.#limits.allowsLength(ip, length)) {
      return VERDICT.udp_amplification;
    }
    if (answer.overflowed || !ip.fits(length)) return VERDICT.reply_too_long;
    const { bytes, view } = this.#arena;
    const outcome = this.#limits.spend(ip, view);
    if (outcome !== VERDICT.udp_answer) return outcome;
    const at = ip.out;
    const end = at + length;
    bytes.copyWithin(at + UDP_HEADER_LEN, answer.at, answer.end);
    emitUdpReply(view, at, header, exchange.selfPort, end);
    sealUdp(view, at, sum16(view, at, end, ip.header.pseudoSum(length)));
    ip.send(end, 0);
    this.#application.answers[protocol]!++;
    if (exchange.listening) {
      this.#recorder.message(protocol, exchange, true, 0);
    }
    return outcome;
  }

  /** Records a datagram that a protocol, if it is one's, does not answer. */
  #tellUnknown(protocol: number): void {
    const { exchange } = this.#application;
    if (!exchange.listening) return;
    this.#recorder.message(protocol, exchange, false, NOTE_MAX);
  }
}
