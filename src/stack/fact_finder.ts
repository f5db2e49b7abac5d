/**
 * Gathers from the layers what is known about a frame, for who wants a record
 * of it.
 *
 * @module
 */

import { FrameFacts } from "../record/facts.ts";
import { DEPTH_OF } from "../record/layout.ts";
import { ETHERTYPE_IPV4 } from "../wire/ethernet.ts";
import type { Arp } from "./arp.ts";
import type { Icmpv4 } from "./icmpv4.ts";
import type { Icmpv6 } from "./icmpv6.ts";
import type { Ipv4 } from "./ipv4.ts";
import type { Ipv6 } from "./ipv6.ts";
import type { Link } from "./link.ts";
import type { Tcp } from "./tcp.ts";
import type { Udp } from "./udp.ts";

const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const IPPROTO_ICMPV6 = 58;

/** The layers of a stack, each with what it received last. */
export interface Layers {
  /** Ethernet. */
  readonly link: Link;
  /** ARP. */
  readonly arp: Arp;
  /** IPv4. */
  readonly ipv4: Ipv4;
  /** IPv6. */
  readonly ipv6: Ipv6;
  /** ICMP on IPv4. */
  readonly icmpv4: Icmpv4;
  /** ICMP on IPv6. */
  readonly icmpv6: Icmpv6;
  /** TCP on either. */
  readonly tcp: Tcp;
  /** UDP on either. */
  readonly udp: Udp;
}

/** Finds facts about frames. */
export class FactFinder {
  readonly #layers: Layers;
  readonly #facts = new FrameFacts();

  /**
   * Makes a finder.
   *
   * @param layers Where facts are.
   */
  constructor(layers: Layers) {
    this.#layers = layers;
  }

  /**
   * Gathers what is known about the frame received last.
   *
   * @param depth How far into it the stack could see.
   * @param end Offset one past its last octet.
   * @returns The facts, good until the next call.
   */
  find(depth: number, end: number): FrameFacts {
    const facts = this.#facts;
    const { arp, ipv4, ipv6, link } = this.#layers;
    const { header } = link;
    facts.depth = depth;
    facts.macsAt = header.dstAt;
    facts.ethertype = header.type;
    facts.vlan = link.vlan;
    facts.addressLen = 0;
    facts.targetAt = -1;
    facts.protocol = 0;
    facts.sentLen = link.sentLen;
    facts.packetAt = header.payloadAt;
    facts.packetEnd = end;
    facts.seed = 0;
    facts.srcPort = 0;
    facts.dstPort = 0;
    facts.typeCode = 0;
    if (depth === DEPTH_OF.arp) {
      const { packet } = arp;
      facts.addressLen = 4;
      facts.srcAt = packet.senderIpAt;
      facts.dstAt = packet.targetIpAt;
      facts.typeCode = packet.operation;
    } else if (depth >= DEPTH_OF.ip) {
      const isIpv4 = header.type === ETHERTYPE_IPV4;
      const ip = isIpv4 ? ipv4.header : ipv6.header;
      facts.addressLen = ip.addressLen;
      facts.srcAt = ip.srcAt;
      facts.dstAt = ip.dstAt;
      facts.protocol = ip.protocol;
      facts.packetEnd = ip.payloadEnd;
      if (depth === DEPTH_OF.transport) this.#findTransport(isIpv4);
    }
    return facts;
  }

  #findTransport(isIpv4: boolean): void {
    const facts = this.#facts;
    const { icmpv4, icmpv6, tcp, udp } = this.#layers;
    const { protocol } = facts;
    if (protocol === IPPROTO_TCP) {
      const { header } = tcp;
      facts.seed = tcp.seed;
      facts.srcPort = header.srcPort;
      facts.dstPort = header.dstPort;
      facts.typeCode = header.flags;
      facts.seq = header.seq;
      facts.ack = header.ack;
      facts.sentSeq = tcp.output.seq;
      facts.sentAck = tcp.output.ack;
      facts.sentFlags = tcp.output.flags;
    } else if (protocol === IPPROTO_UDP) {
      facts.seed = udp.seed;
      facts.srcPort = udp.header.srcPort;
      facts.dstPort = udp.header.dstPort;
    } else {
      const { message } = isIpv4 ? icmpv4 : icmpv6;
      facts.typeCode = message.type << 8 | message.code;
      if (protocol === IPPROTO_ICMPV6 && icmpv6.hasTarget) {
        facts.targetAt = message.targetAt;
      }
    }
  }
}
