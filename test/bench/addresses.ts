/**
 * What a ping costs, by how many addresses are ours and how many networks are
 * denied. Every row should be as fast as the first.
 *
 * @module
 */

import { NO_TAG } from "../../src/stack/link.ts";
import { VERDICT } from "../../src/verdict.ts";
import { type HarnessOptions, makeStack, SELF_MAC } from "../harness.ts";
import type { Contest } from "./report.ts";
import type { Rival } from "./rounds.ts";

const PINGS = 4096; // different ones, so that each looks up something else
const FRAME_LEN = 14 + 20 + 8;
const SRC = 26;
const DST = 30;

const SINGLE = "10.1.0.0";
const WHOLE_16 = "10.1.0.0/16";
const EVERY_OTHER = Array.from(
  { length: 65_536 },
  (_, i) => `10.${1 + (i >> 15)}.${i >> 7 & 255}.${2 * (i & 127)}`,
).join();
// /24s in 172.16/12 and on, with gaps, so that none can be joined to another.
const DENIED = Array.from(
  { length: 100_000 },
  (_, i) => `${172 + (i >> 15)}.${i >> 7 & 255}.${2 * (i & 127)}.0/24`,
).join();

// [what is listed, options, own addresses that are pinged, steps between them]
const ROWS: readonly [string, HarnessOptions, count: number, step: number][] = [
  ["1 address, 0 denied", { own: SINGLE }, 1, 1],
  ["65,536 addresses, one prefix", { own: WHOLE_16 }, 65_536, 1],
  ["65,536 addresses, no neighbours", { own: EVERY_OTHER }, 65_536, 2],
  ["100,000 denied", { own: SINGLE, deny: [DENIED] }, 1, 1],
  ["both", { own: EVERY_OTHER, deny: [DENIED] }, 65_536, 2],
];

/** Makes the contest. */
export function addresses(): Contest {
  return { title: "Ping, by lists of addresses", rivals: ROWS.map(rivalOf) };
}

/** Pings one of `count` own addresses, `step` apart, after the other. */
function rivalOf([name, options, count, step]: typeof ROWS[number]): Rival {
  const { arena, outbox, stack } = makeStack(options, () => {});
  const pings = Array.from({ length: PINGS }, (_, k) => ping(k, count, step));
  const end = arena.bytes.length;
  const at = end - FRAME_LEN;
  let next = 0;
  const run = (count: number): void => {
    for (let i = 0; i < count; i++) {
      arena.bytes.set(pings[next++ % PINGS]!, at);
      stack.receive(at, end, NO_TAG, false);
    }
    outbox.flush();
  };
  run(PINGS);
  const answered = stack.counts[VERDICT.icmpv4_echo_reply];
  if (answered !== PINGS) throw new Error(`"${name}" answers ${answered}`);
  return { name, run };
}

/** A ping from one of many hosts to one of `count` addresses. */
function ping(k: number, count: number, step: number): Uint8Array {
  const frame = new Uint8Array(FRAME_LEN);
  const view = new DataView(frame.buffer);
  frame.set(Uint8Array.fromHex(SELF_MAC.replaceAll(":", "")));
  view.setUint16(6, 0x0200);
  view.setUint16(12, 0x0800);
  view.setUint32(14, 0x45000000 | FRAME_LEN - 14);
  view.setUint16(22, 64 << 8 | 1);
  const host = Math.imul(k, 0x9e3779b1);
  // An odd third octet, which no denied prefix has.
  view.setUint32(SRC, 0xac000100 | host & 0x07fffeff);
  view.setUint32(DST, 0x0a010000 + (host >>> 16) % count * step);
  view.setUint16(24, checksum(frame.subarray(14, 34)));
  view.setUint16(34, 8 << 8);
  view.setUint16(36, checksum(frame.subarray(34)));
  return frame;
}

/** Internet checksum, RFC 1071. */
function checksum(octets: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < octets.length; i += 2) {
    sum += octets[i]! << 8 | octets[i + 1]!;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
