/**
 * ICMP for IPv6: answers pings (RFC 4443) and tells neighbours where our
 * addresses are (RFC 4861).
 *
 * @module
 */

import { type AddressPolicy, isMartian6 } from "../address/policy.ts";
import type { Arena } from "../arena.ts";
import { VERDICT } from "../verdict.ts";
import {
  ECHO_LEN,
  emitAdvertisement,
  emitEchoReply,
  IcmpMessage,
  ICMPV6_ECHO_REPLY,
  ICMPV6_ECHO_REQUEST,
  NEIGHBOR_SOLICITATION,
  OVERRIDE_FLAG,
  sealIcmp,
  SOLICITATION_LEN,
  SOLICITED_FLAG,
} from "../wire/icmp.ts";
import { Ipv6Header } from "../wire/ipv6.ts";
import type { Ipv6 } from "./ipv6.ts";
import { FOR_US, type Link } from "./link.ts";

// What only a packet from the same link can have, RFC 4861 §3.1.
const NEIGHBOR_HOP_LIMIT = 255;

const GROUP = 0xff; // first octet of a group's address, RFC 4291 §2.7
// ff02::1 and its hardware address, RFC 4291 §2.7.1 and RFC 2464 §7.
const ALL_NODES = Uint8Array.fromHex("ff020000000000000000000000000001");
const ALL_NODES_MAC = Uint8Array.fromHex("333300000001");
// ff02::1:ff00:0/104, RFC 4291 §2.7.1.
const SOLICITED_NODE_PREFIX = Uint8Array.fromHex("ff0200000000000000000001ff");

/** ICMP on IPv6. */
export class Icmpv6 {
  readonly #arena: Arena;
  readonly #link: Link;
  readonly #ip: Ipv6;
  readonly #policy: AddressPolicy;
  readonly #reply: Ipv6Header;
  readonly #allNodesAt: number;
  readonly #allNodesMacAt: number;

  /** The message received last. */
  readonly message: IcmpMessage;

  /**
   * Puts the layer on IPv6.
   *
   * @param arena Memory that frames are in.
   * @param link Link that IPv6 is on.
   * @param ip Where replies go.
   * @param policy Which addresses are ours.
   */
  constructor(arena: Arena, link: Link, ip: Ipv6, policy: AddressPolicy) {
    this.#arena = arena;
    this.#link = link;
    this.#ip = ip;
    this.#policy = policy;
    this.#reply = new Ipv6Header(arena);
    this.#allNodesAt = arena.allocate(ALL_NODES.length);
    arena.bytes.set(ALL_NODES, this.#allNodesAt);
    this.#allNodesMacAt = arena.allocate(ALL_NODES_MAC.length);
    arena.bytes.set(ALL_NODES_MAC, this.#allNodesMacAt);
    this.message = new IcmpMessage(arena);
  }

  /** Whether the message received last is a whole neighbour solicitation. */
  get hasTarget(): boolean {
    return this.message.length >= SOLICITATION_LEN &&
      this.message.type === NEIGHBOR_SOLICITATION;
  }

  /**
   * Answers the message of the packet read last, if it is an echo request or a
   * neighbour solicitation.
   *
   * @returns The verdict.
   */
  receive(): number {
    const { message } = this;
    const { header } = this.#ip;
    const { payloadAt, payloadEnd } = header;
    if (!message.open(payloadAt, payloadEnd)) {
      return VERDICT.transport_malformed;
    }
    // Solicitations go to groups; all else has to be for one of our addresses.
    const isSolicitation = message.type === NEIGHBOR_SOLICITATION;
    const verdict = isSolicitation ? FOR_US : this.#ip.receive();
    if (verdict !== FOR_US) return verdict;
    const seed = header.pseudoSum(message.length);
    if (!this.#link.isUnsummed && !message.sumsUp(seed)) {
      return VERDICT.checksum_wrong;
    }
    const isEcho = message.type === ICMPV6_ECHO_REQUEST;
    if (!isSolicitation && !isEcho) return VERDICT.icmp_not_request;
    if (message.code !== 0 && (isSolicitation || !this.#ip.mirrorsEchoes)) {
      return VERDICT.icmp_not_request;
    }
    if (isSolicitation) return this.#advertise();
    if (message.length < ECHO_LEN) return VERDICT.transport_malformed;
    if (!this.#ip.fits(message.length)) return VERDICT.reply_too_long;
    const out = this.#ip.out;
    const end = emitEchoReply(this.#arena, out, message, ICMPV6_ECHO_REPLY);
    sealIcmp(this.#arena.view, out, end, seed); // same length, same hosts
    this.#ip.sendEcho(end);
    return VERDICT.icmpv6_echo_reply;
  }

  /**
   * Answers a neighbour solicitation.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc4861#section-7.2.4 | RFC 4861 §7.2.4}
   */
  #advertise(): number {
    const { view } = this.#arena;
    const { header } = this.#ip;
    const { targetAt } = this.message;
    const isProbe = this.#isUnspecified(header.srcAt);
    if (!this.#isValid(isProbe)) return VERDICT.neighbor_solicitation_invalid;
    if (isMartian6(view, targetAt)) return VERDICT.ip_martian;
    if (!this.#policy.owns6(view, targetAt)) return VERDICT.ip_not_for_us;
    // Duplicate address detection: see `Arp.receive` for why not without list.
    if (isProbe && this.#policy.isOpen) return VERDICT.address_probe;
    if (!isProbe) {
      const verdict = this.#ip.checkSource();
      if (verdict !== FOR_US) return verdict;
      if (this.#ip.isSame(header.srcAt, targetAt)) return VERDICT.ip_from_us;
    }

    const out = this.#ip.out;
    const dstAt = isProbe ? this.#allNodesAt : header.srcAt;
    const isToGroup = this.#arena.bytes[header.dstAt] === GROUP;
    const isBrief = this.#ip.advertisesBriefly && !isToGroup;
    const flags = (isProbe ? 0 : SOLICITED_FLAG) |
      (isBrief ? 0 : OVERRIDE_FLAG);
    const macAt = this.#link.macAt;
    const end = emitAdvertisement(this.#arena, out, flags, targetAt, macAt);
    this.#ip.address(end, NEIGHBOR_HOP_LIMIT, targetAt, dstAt);
    this.#reply.open(this.#link.out, end);
    sealIcmp(view, out, end, this.#reply.pseudoSum(end - out));
    if (isProbe) this.#link.sendTo(this.#allNodesMacAt, end);
    else this.#link.send(end);
    return VERDICT.neighbor_advertisement;
  }

  /**
   * Whether the solicitation may be acted upon.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc4861#section-7.1.1 | RFC 4861 §7.1.1}
   */
  #isValid(isProbe: boolean): boolean {
    const { header } = this.#ip;
    if (header.hopLimit !== NEIGHBOR_HOP_LIMIT) return false;
    // https://www.rfc-editor.org/rfc/rfc6980#section-5
    if (header.hasFragmentHeader) return false;
    if (this.message.length < SOLICITATION_LEN) return false;
    if (!this.message.optionsAreValid(!isProbe)) return false;
    const { view } = this.#arena;
    const { dstAt } = header;
    const toGroup = this.#begins(dstAt, SOLICITED_NODE_PREFIX);
    if (isProbe) return toGroup;
    return toGroup || this.#begins(dstAt, ALL_NODES) ||
      (!isMartian6(view, dstAt) && this.#policy.owns6(view, dstAt));
  }

  /** Whether the address at `at` begins with `octets`. */
  #begins(at: number, octets: Uint8Array): boolean {
    const { bytes } = this.#arena;
    for (let i = 0; i < octets.length; i++) {
      if (bytes[at + i] !== octets[i]) return false;
    }
    return true;
  }

  #isUnspecified(at: number): boolean {
    const { view } = this.#arena;
    return (view.getInt32(at) | view.getInt32(at + 4) | view.getInt32(at + 8) |
      view.getInt32(at + 12)) === 0;
  }
}
