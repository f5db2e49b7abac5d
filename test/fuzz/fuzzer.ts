/**
 * Feeds a stack mutated frames and forged conversations, and looks at every
 * answer with eyes of its own.
 *
 * @module
 */

import { NO_TAG } from "../../src/stack/link.ts";
import { type HarnessOptions, makeStack, START } from "../harness.ts";
import { inspect, IPPROTO, locate, repair } from "./packet.ts";

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
  const random = dice(seed);
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

/**
 * Makes dice, Marsaglia's xorshift32.
 *
 * @param seed Seed; the same seed, the same throws.
 * @returns Throws a number in `[0, limit)`.
 */
export function dice(seed: number): (limit: number) => number {
  let state = seed | 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
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

function isTcp(frame: Uint8Array, flags: number): boolean {
  const ip = locate(frame);
  return ip?.protocol === IPPROTO.tcp && frame[ip.payloadAt + 13] === flags;
}
