/**
 * Feeds a stack mutated frames and forged conversations, and looks at every
 * answer with eyes of its own.
 *
 * @module
 */

import { NO_TAG } from "../../src/stack/link.ts";
import { type HarnessOptions, makeStack, START } from "../harness.ts";

const ETHERNET_LEN = 14;
const IPPROTO = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 };
const SYN_ACK = 0x12;
const PSH_ACK = 0x18;
const FIN_ACK = 0x11;

/** What clients say once they are connected. */
const MESSAGES = [
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.0\r\n\r\n",
  "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  "HEAD * HTTP/1.1\r\nConnection: close\r\n\r\n",
  "\r\n\r\nOPTIONS * HTTP/1.1\r\nExpect: 100-continue\r\n\r\n",
  "GET /\r\n",
  "SSH-2.0-x\r\n",
  "",
].map((text) => new TextEncoder().encode(text));

MESSAGES.push(...[
  // DNS, www.example.com IN A; STUN, binding; RPC, NULL of the port mapper;
  // Gh0st; SMB1 and SMB2, negotiate.
  "0021133701000001000000000000037777770765786d616d706c6503636f6d0000010001",
  "000100002112a442000102030405060708090a0b",
  "80000028000000010000000000000002000186a00000000200000000" + "00".repeat(16),
  "47683073741600000001000000789c6300000001000100",
  "0000002fff534d4272000000001801c8" + "00".repeat(20) +
  "000c00024e54204c4d20302e313200",
  "00000066fe534d4240000000000000000000" + "00".repeat(46) +
  "240001000100000000000000" + "00".repeat(24) + "1003",
].map((hex) => Uint8Array.fromHex(hex)));

/** The stacks that are fuzzed. */
export const FUZZED: readonly HarnessOptions[] = [
  { persona: "linux" },
  { persona: "classic" },
  { persona: "linux", ports: "tcp/80" },
];

/** What came of a run. */
export interface FuzzResult {
  /** Frames that were received. */
  readonly frames: number;
  /** Frames that were sent in answer. */
  readonly answers: number;
  /** Frames by verdict. */
  readonly verdicts: Float64Array;
}

/**
 * Runs the stack on frames that nobody would send in good faith.
 *
 * @param corpus Frames to begin with.
 * @param seed Seed of all that is random; the same seed, the same run.
 * @param rounds Number of frames.
 * @param options How the stack differs from the usual one.
 * @returns What came of it.
 * @throws {Error} If the stack throws or an answer is not well formed; the
 * message names seed, round and frame.
 */
export function fuzz(
  corpus: readonly Uint8Array[],
  seed: number,
  rounds: number,
  options: HarnessOptions,
): FuzzResult {
  let state = seed | 0 || 1;
  /** Marsaglia's xorshift32, in `[0, limit)`. */
  const random = (limit: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  let answers = 0;
  let open: Uint8Array | undefined; // a SYN-ACK that waits for its ACK
  const { arena, outbox, stack } = makeStack(options, (outbox) => {
    for (let i = 0; i < outbox.count; i++) {
      const answer = arena.bytes.subarray(outbox.slotAt(i), outbox.ends[i]);
      inspect(answer);
      answers++;
      if (isTcp(answer, SYN_ACK)) open = answer.slice();
    }
  });
  const { bytes } = arena;

  for (let round = 0; round < rounds; round++) {
    if (round % 64 === 0) stack.tick(START + round * 8);
    const frame = open === undefined || random(4) === 0
      ? corpus[random(corpus.length)]!.slice()
      : goOn(open, MESSAGES[random(MESSAGES.length)]!, random);
    if (random(16) === 0) open = undefined;
    for (let flips = random(4); frame.length > 0 && flips > 0; flips--) {
      frame[random(frame.length)] = random(256);
    }
    if (random(8) > 0) repair(frame);
    const length = random(16) ? frame.length : random(frame.length + 1);
    const at = bytes.length - length;
    bytes.set(frame.subarray(0, length), at);
    try {
      stack.receive(at, bytes.length, NO_TAG, false);
      outbox.flush();
    } catch (error) {
      const hex = frame.subarray(0, length).toHex();
      throw new Error(
        `Seed ${seed}, ${JSON.stringify(options)}, round ${round}: ${hex}`,
        { cause: error },
      );
    }
  }
  return { frames: rounds, answers, verdicts: stack.counts };
}

/** A segment that goes on after a SYN-ACK, more or less in order. */
function goOn(
  synAck: Uint8Array,
  message: Uint8Array,
  random: (limit: number) => number,
): Uint8Array {
  const ip = locate(synAck)!;
  const headersLen = ip.payloadAt + 20;
  const frame = new Uint8Array(headersLen + message.length);
  frame.set(synAck.subarray(0, headersLen));
  frame.set(message, headersLen);
  frame.set(synAck.subarray(6, 12), 0);
  frame.set(synAck.subarray(0, 6), 6);
  frame.set(synAck.subarray(ip.dstAt, ip.dstAt + ip.addressLen), ip.srcAt);
  frame.set(synAck.subarray(ip.srcAt, ip.srcAt + ip.addressLen), ip.dstAt);
  const before = new DataView(synAck.buffer, synAck.byteOffset);
  const view = new DataView(frame.buffer);
  const tcp = ip.payloadAt;
  view.setUint16(tcp, before.getUint16(tcp + 2));
  view.setUint16(tcp + 2, before.getUint16(tcp));
  const drift = random(3) ? 0 : random(64) - 8;
  view.setInt32(tcp + 4, before.getInt32(tcp + 8) + drift);
  view.setInt32(tcp + 8, before.getInt32(tcp + 4) + 1);
  view.setUint8(tcp + 12, 5 << 4);
  view.setUint8(tcp + 13, random(5) ? PSH_ACK : FIN_ACK);
  const payloadLen = frame.length - ip.payloadAt;
  if (ip.addressLen === 4) view.setUint16(16, 20 + payloadLen);
  else view.setUint16(18, payloadLen);
  return frame;
}

/** Where the parts of an untagged IP packet are. */
interface Located {
  readonly addressLen: number;
  readonly srcAt: number;
  readonly dstAt: number;
  readonly protocol: number;
  readonly payloadAt: number;
  readonly end: number;
}

/** Finds the parts of a packet without extension headers. */
function locate(frame: Uint8Array): Located | undefined {
  if (frame.length < ETHERNET_LEN + 20) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const at = ETHERNET_LEN;
  const type = view.getUint16(12);
  if (type === 0x0800) {
    const payloadAt = at + (view.getUint8(at) & 15) * 4;
    const end = at + view.getUint16(at + 2);
    if (end > frame.length || payloadAt > end) return undefined;
    const protocol = view.getUint8(at + 9);
    const srcAt = at + 12;
    return { addressLen: 4, srcAt, dstAt: at + 16, protocol, payloadAt, end };
  }
  if (type !== 0x86dd || frame.length < at + 40) return undefined;
  const payloadAt = at + 40;
  const end = payloadAt + view.getUint16(at + 4);
  if (end > frame.length) return undefined;
  const protocol = view.getUint8(at + 6);
  const srcAt = at + 8;
  return { addressLen: 16, srcAt, dstAt: at + 24, protocol, payloadAt, end };
}

function isTcp(frame: Uint8Array, flags: number): boolean {
  const ip = locate(frame);
  return ip?.protocol === IPPROTO.tcp && frame[ip.payloadAt + 13] === flags;
}

/** Offset of the checksum in the header of a transport. */
function checksumAt(protocol: number): number | undefined {
  if (protocol === IPPROTO.tcp) return 16;
  if (protocol === IPPROTO.udp) return 6;
  const isIcmp = protocol === IPPROTO.icmp || protocol === IPPROTO.icmpv6;
  return isIcmp ? 2 : undefined;
}

/** Makes the checksums right, so that more than the first look is passed. */
function repair(frame: Uint8Array): void {
  const ip = locate(frame);
  if (ip === undefined) return;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (ip.addressLen === 4) {
    view.setUint16(ETHERNET_LEN + 10, 0);
    const header = frame.subarray(ETHERNET_LEN, ip.payloadAt);
    if (header.length >= 20) view.setUint16(ETHERNET_LEN + 10, ~sum(header));
  }
  const at = checksumAt(ip.protocol);
  if (at === undefined || ip.end - ip.payloadAt < at + 2) return;
  view.setUint16(ip.payloadAt + at, 0);
  view.setUint16(ip.payloadAt + at, ~sum(coveredBy(frame, ip)));
}

/** Octets that a transport's checksum covers. */
function coveredBy(frame: Uint8Array, ip: Located): Uint8Array {
  const payload = frame.subarray(ip.payloadAt, ip.end);
  if (ip.protocol === IPPROTO.icmp) return payload;
  return Uint8Array.of(
    ...frame.subarray(ip.srcAt, ip.dstAt + ip.addressLen),
    ...[0, ip.protocol, payload.length >> 8, payload.length & 255],
    ...payload,
  );
}

/** One's complement sum, by the definition of RFC 1071 §1. */
function sum(octets: Uint8Array): number {
  let total = 0;
  for (let i = 0; i < octets.length; i += 2) {
    total += octets[i]! * 256 + (octets[i + 1] ?? 0);
    if (total > 0xffff) total -= 0xffff;
  }
  return total;
}

/** Throws unless an answer is one that a decent host would send. */
function inspect(frame: Uint8Array): void {
  if (frame.length < ETHERNET_LEN) throw new Error("Answer without a header");
  if (frame[6]! & 1) throw new Error("Answer from a group");
  const type = frame[12]! << 8 | frame[13]!;
  if (type === 0x0806 || type === 0x8100 || type === 0x88a8) return;
  const ip = locate(frame);
  if (ip === undefined) throw new Error("Answer with a wrong length");
  if (ip.end !== frame.length) throw new Error("Answer with a tail");
  const at = checksumAt(ip.protocol);
  if (at === undefined) throw new Error("Answer of no known protocol");
  if (sum(coveredBy(frame, ip)) !== 0xffff) {
    throw new Error("Answer with a wrong checksum");
  }
  const header = frame.subarray(ETHERNET_LEN, ip.payloadAt);
  if (ip.addressLen === 4 && sum(header) !== 0xffff) {
    throw new Error("Answer with a wrong header checksum");
  }
  const isToGroup = ip.addressLen === 4
    ? frame[ip.dstAt]! >= 224
    : frame[ip.dstAt] === 0xff;
  const isAdvertisement = ip.protocol === IPPROTO.icmpv6 &&
    frame[ip.payloadAt] === 136;
  if (isToGroup && !isAdvertisement) throw new Error("Answer to a group");
  if (frame[ip.srcAt] === 0xff && ip.addressLen === 16) {
    throw new Error("Answer from a group");
  }
}
