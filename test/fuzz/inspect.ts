/**
 * Looks at answers with eyes that share no code with the stack: is this what a
 * decent host would send?
 *
 * @module
 */

import dnsPacket from "dns-packet";
import { Buffer } from "node:buffer";
import {
  IPPROTO,
  locate,
  type Located,
  messageAt,
  sum,
  transportSum,
  typeAt,
  viewOf,
} from "./packet.ts";

const ARP = 0x0806;
const DNS_HEADER_LEN = 12;
const NEIGHBOR_ADVERTISEMENT = 136;
/** Types that we may send: RFC 792, RFC 4443, RFC 4861. */
const ICMP_TYPES = { [IPPROTO.icmp]: [0, 3], [IPPROTO.icmpv6]: [1, 129, 136] };
/** Flags of segments that we may send: S is 2, R 4, A 16; never S or F alone. */
const TCP_FLAGS = [0x12, 0x52, 0x04, 0x14, 0x10, 0x18, 0x11, 0x19];
const ECE = 0x40;
/** Lengths of TCP options by kind: RFC 9293 §3.2, RFC 7323, RFC 2018. */
const OPTION_LENGTHS: Readonly<Record<number, readonly number[]>> = {
  2: [4],
  3: [3],
  4: [2],
  5: [10, 18, 26, 34],
  8: [10],
};

/**
 * Inspects an answer.
 *
 * @param frame The answer, an Ethernet frame.
 * @param request The frame that it answers, if only one can be.
 * @param isClassic Whether it is of the original's kind, whose answers to
 * queries over IPv6 have no address in them: behaviour.md DNS-09.
 * @throws {Error} If it is not one that a decent host would send.
 */
export function inspect(
  frame: Uint8Array,
  request?: Uint8Array,
  isClassic = false,
): void {
  demand(frame.length >= 14, "has a header");
  demand((frame[6]! & 1) === 0, "is not from a group");
  const view = viewOf(frame);
  const payloadAt = typeAt(frame) + 2;
  if (view.getUint16(payloadAt - 2) === ARP) {
    inspectArp(frame, payloadAt);
    return;
  }
  const ip = locate(frame);
  if (ip === undefined) throw new Error("Answer with a wrong length");
  demand(ip.end === frame.length, "has no tail");
  demand(transportSum(frame, ip) === 0xffff, "has the right checksum");
  inspectIp(frame, ip);
  if (ip.protocol === IPPROTO.tcp) inspectTcp(frame, ip);
  else if (ip.protocol === IPPROTO.udp) {
    const isOdd = isClassic && ip.addressLen === 16;
    inspectUdp(frame, ip, isOdd ? undefined : request);
  } else inspectIcmp(frame, ip);
}

function inspectArp(frame: Uint8Array, at: number): void {
  demand(frame.length >= at + 28, "has all of ARP");
  const head = frame.subarray(at, at + 8).toHex();
  demand(head === "0001080006040002", "is an ARP reply");
  const sender = frame.subarray(at + 8, at + 14).toHex();
  demand(sender === frame.subarray(6, 12).toHex(), "is its sender's own");
}

function inspectIp(frame: Uint8Array, ip: Located): void {
  const { addressLen, at, dstAt, payloadAt, srcAt } = ip;
  if (addressLen === 4) {
    demand(frame[at] === 0x45, "has no options of IP");
    demand(
      sum(frame, at, payloadAt, 0) === 0xffff,
      "has its header's checksum",
    );
    demand((frame[at + 6]! & 0x3f) === 0 && frame[at + 7] === 0, "is whole");
    demand(frame[at + 8]! > 0, "has time to live");
  } else {
    demand(frame[at]! >> 4 === 6, "is IPv6");
    demand(frame[at + 7]! > 0, "has hops to go");
  }
  const isGroup = (address: number) =>
    addressLen === 4 ? frame[address]! >= 224 : frame[address] === 0xff;
  demand(!isGroup(srcAt), "is not from a group of addresses");
  const isAdvertisement = ip.protocol === IPPROTO.icmpv6 &&
    frame[payloadAt] === NEIGHBOR_ADVERTISEMENT;
  demand(isAdvertisement || !isGroup(dstAt), "is not to a group of addresses");
}

function inspectTcp(frame: Uint8Array, ip: Located): void {
  const { payloadAt } = ip;
  const end = messageAt(frame, ip);
  if (end === undefined) throw new Error("Answer with a wrong data offset");
  const view = viewOf(frame);
  const flags = frame[payloadAt + 13]!;
  demand(TCP_FLAGS.includes(flags & ~ECE), `has TCP flags, ${flags}`);
  demand(view.getUint16(payloadAt + 18) === 0, "is not urgent");
  demand((frame[payloadAt + 12]! & 15) === 0, "has no reserved bits");
  const isAck = (flags & 0x10) !== 0;
  demand(
    isAck || view.getUint32(payloadAt + 8) === 0,
    "acknowledges if it does",
  );
  for (let at = payloadAt + 20; at < end;) {
    const kind = frame[at]!;
    if (kind === 0) break;
    if (kind === 1) at++;
    else {
      const length = frame[at + 1]!;
      demand(at + length <= end, "has whole options");
      demand(OPTION_LENGTHS[kind]?.includes(length), `has option ${kind}`);
      at += length;
    }
  }
}

function inspectUdp(
  frame: Uint8Array,
  ip: Located,
  request: Uint8Array | undefined,
): void {
  const { end, payloadAt } = ip;
  const view = viewOf(frame);
  demand(view.getUint16(payloadAt + 4) === end - payloadAt, "has its length");
  demand(view.getUint16(payloadAt + 6) !== 0, "has a checksum");
  const at = payloadAt + 8;
  const message = frame.subarray(at, end);
  if (view.getUint16(at) >> 8 === 1 && isStun(message)) return;
  const asked = request === undefined ? undefined : questionOf(request);
  if (asked !== undefined && isDnsQuery(asked)) inspectDns(message, asked);
}

/** RFC 8489 §5: lengths of the message and of its attributes. */
function isStun(message: Uint8Array): boolean {
  const view = viewOf(message);
  if (message.length < 20 || view.getUint16(2) !== message.length - 20) {
    return false;
  }
  let at = 20;
  while (at + 4 <= message.length) at += 4 + (view.getUint16(at + 2) + 3 & ~3);
  return at === message.length;
}

/** The message that a datagram carries. */
function questionOf(frame: Uint8Array): Uint8Array | undefined {
  const ip = locate(frame);
  if (ip?.protocol !== IPPROTO.udp) return undefined;
  const at = messageAt(frame, ip);
  return at === undefined ? undefined : frame.subarray(at, ip.end);
}

/** Whether a message is read as a query, and as nothing else that we answer. */
function isDnsQuery(message: Uint8Array): boolean {
  if (message.length < DNS_HEADER_LEN || message[2]! & 0x80) return false;
  try {
    const { questions, type } = dnsPacket.decode(Buffer.from(message));
    return type === "query" && questions?.length === 1;
  } catch {
    return false;
  }
}

/** RFC 1035 §4.1: an answer to this very question, to its last octet. */
function inspectDns(message: Uint8Array, asked: Uint8Array): void {
  const answer = dnsPacket.decode(Buffer.from(message));
  demand(answer.type === "response", "is a response");
  const used = (dnsPacket.decode as unknown as { bytes: number }).bytes;
  demand(used === message.length, "has nothing behind its records");
  demand(answer.id === viewOf(asked).getUint16(0), "is to this query");
}

function inspectIcmp(frame: Uint8Array, ip: Located): void {
  const { payloadAt, protocol } = ip;
  const types = ICMP_TYPES[protocol as keyof typeof ICMP_TYPES];
  const type = frame[payloadAt]!;
  demand(types?.includes(type), `is of type ${type}`);
  if (type !== NEIGHBOR_ADVERTISEMENT || protocol === IPPROTO.icmp) return;
  demand(frame[ip.at + 7] === 255, "cannot have been routed"); // RFC 4861 §7.1.2
  if (ip.end - payloadAt === 24) return; // as may be, RFC 4861 §7.2.4
  demand(ip.end - payloadAt === 32, "has one option");
  const option = frame.subarray(payloadAt + 24, payloadAt + 26).toHex();
  demand(option === "0201", "says where the target is");
}

function demand(isTrue: boolean | undefined, what: string): void {
  if (!isTrue) throw new Error(`No answer that ${what}`);
}
