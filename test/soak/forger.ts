/**
 * Sends forged frames at an even pace: every request that was ever recorded,
 * broken here and there, most of them from senders that do not exist.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import { findInterface } from "../../ffi/interface.ts";
import { FrameSender } from "../../ffi/frame_sender.ts";
import { PacketPort, RING_LEN } from "../../ffi/packet_port.ts";
import { Arena } from "../../src/arena.ts";
import { Outbox } from "../../src/outbox.ts";
import { recordedFrames, vectorFrames } from "../fuzz/corpus.ts";
import { dice } from "../fuzz/dice.ts";
import { locate, repair } from "../fuzz/packet.ts";

/** What the forger is told, once. */
export interface ForgerJob {
  /** Name of the interface to send on. */
  readonly iface: string;
  /** Hardware address to send to. */
  readonly mac: string;
  /** Frames a second. */
  readonly rate: number;
  /** Seed of all that is random. */
  readonly seed: number;
}

const BURST_MS = 20;
const SLOTS = 256;
const SLOT_LEN = 1536;
const BROKEN_OF = 4; // one frame in so many has octets changed

self.onmessage = ({ data }: MessageEvent<ForgerJob>): void => {
  const { iface, mac, rate, seed } = data;
  const { index } = findInterface(iface)!;
  const memoryLen = RING_LEN + SLOTS * SLOT_LEN;
  const [port] = PacketPort.open(1, { index, memoryLen, mac: undefined });
  const { address, sendFd } = port!.lease;
  const pointer = Deno.UnsafePointer.create(address)!;
  const memory = Deno.UnsafePointerView.getArrayBuffer(pointer, memoryLen);
  const arena = new Arena(memory, RING_LEN);
  const outbox = new Outbox(arena, SLOTS, SLOT_LEN, (frames) => {
    sender.send(frames);
  });
  const sender = new FrameSender(sendFd, outbox, address);
  const random = dice(seed);
  const to = Uint8Array.fromHex(mac.replaceAll(":", ""));
  const corpus = [...vectorFrames(), ...recordedFrames()]
    .filter(({ length }) => length >= 14 && length <= SLOT_LEN);
  let sent = 0;
  const startedAt = performance.now();

  setInterval(() => {
    const due = (performance.now() - startedAt) * rate / 1000;
    for (; sent < due; sent++) {
      const frame = forge(corpus[random(corpus.length)]!, to, random);
      arena.bytes.set(frame, outbox.freeAt);
      outbox.push(outbox.freeAt + frame.length);
    }
    outbox.flush();
    self.postMessage(sent);
  }, BURST_MS);
};

/** Makes another frame of a recorded one. */
function forge(
  recorded: Uint8Array,
  to: Uint8Array,
  random: (limit: number) => number,
): Uint8Array {
  const frame = recorded.slice();
  const ip = locate(frame);
  frame.set(to);
  // Whoever it is from, the answer goes to a station that is not there.
  frame.set([2, 0, 0, random(256), random(256), random(256)], 6);
  if (ip !== undefined) {
    for (let i = 1; i < ip.addressLen; i++) frame[ip.srcAt + i] = random(256);
  }
  if (random(BROKEN_OF) === 0) {
    for (let i = random(4); i >= 0; i--) {
      frame[12 + random(frame.length - 12)] = random(256);
    }
  }
  if (random(8) > 0) repair(frame);
  return frame;
}
