/**
 * What the generator asks, and how it judges what comes back.
 *
 * @module
 */

import { fold, IP_SRC, IP_TOTAL_LEN, L4, TCP, UDP } from "../template.ts";

const IPV4 = 0x0800;
const ETHERNET_LEN = 14;
const IP_LEN = 20;
const PROTOCOL = 23;

/** Questions of one kind. */
export interface Load {
  /** What it is, for a person. */
  readonly name: string;
  /** Frames or exchanges a second; absent: as many as can be. */
  readonly pace: number | undefined;
  /** Whether frames are what counts, for they have no answers. */
  readonly countsFrames: boolean;
  /** What was asked so far. */
  readonly asked: number;
  /** What was answered as it should be. */
  readonly answered: number;
  /** Asks once more; false if there is nobody left to ask for now. */
  ask(): boolean;
  /**
   * Takes a frame.
   *
   * @param at Offset of its first octet.
   * @param end Offset one past its last.
   * @returns Whether it is one that had to come.
   */
  take(at: number, end: number): boolean;
}

/**
 * Tells whether a packet is whole and its checksums are right: RFC 1071, and
 * RFC 9293 §3.1 and RFC 768 for what is in them.
 *
 * @param view Memory that it is in.
 * @param at Offset of the frame's first octet.
 * @param end Offset one past its last.
 */
export function isSound(view: DataView, at: number, end: number): boolean {
  if (end - at < L4 || view.getUint16(at + 12) !== IPV4) return false;
  const ipAt = at + ETHERNET_LEN;
  const packetEnd = ipAt + view.getUint16(at + IP_TOTAL_LEN);
  if (packetEnd > end || sum(view, ipAt, at + L4) !== 0xffff) return false;
  const protocol = view.getUint8(at + PROTOCOL);
  const isPseudo = protocol === TCP || protocol === UDP;
  const from = isPseudo ? at + IP_SRC : at + L4;
  const length = packetEnd - ipAt - IP_LEN;
  const pseudo = isPseudo ? protocol + length : 0;
  return fold(sum(view, from, packetEnd) + pseudo) === 0xffff;
}

function sum(view: DataView, at: number, end: number): number {
  let sum = 0;
  for (; at + 2 <= end; at += 2) sum += view.getUint16(at);
  if (at < end) sum += view.getUint8(at) << 8;
  return fold(sum);
}
