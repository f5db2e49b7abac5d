/**
 * The Community ID of what a record is about.
 *
 * @module
 */

import { CommunityId } from "../community_id.ts";
import type { Peers } from "../record/records.ts";
import type { Conversation } from "./conversation.ts";

const ICMP = 1;
const ICMPV6 = 58;

const COMMUNITY_ID = new CommunityId();
const ADDRESSES = new Uint8Array(32);
const DECODER = new TextDecoder();

/**
 * Says who talked with whom in a conversation's packets, as they came to us and
 * as our own captures have them.
 *
 * @param conversation The conversation.
 * @returns The same with the address that we were asked under.
 */
export function inPackets(conversation: Conversation): Peers {
  const { inner } = conversation;
  return inner === undefined ? conversation : { ...conversation, dst: inner };
}

/**
 * Computes a Community ID.
 *
 * @param peers Who talks with whom, over IP.
 * @param typeCode Type and code, of ICMP.
 * @returns Version 1 with seed 0, such as `1:LQU9qZlK+B5F3KDmev6m5PMibrg=`.
 */
export function communityIdOf(peers: Peers, typeCode = 0): string {
  const { dst, dstPort, protocol, src, srcPort } = peers;
  ADDRESSES.set(src);
  ADDRESSES.set(dst, src.length);
  const isIcmp = protocol === ICMP || protocol === ICMPV6;
  const ports = isIcmp
    ? typeCode >> 8 << 16 | typeCode & 0xff
    : srcPort << 16 | dstPort;
  COMMUNITY_ID.compute(ADDRESSES, 0, src.length, protocol, ports);
  return DECODER.decode(COMMUNITY_ID.text);
}
