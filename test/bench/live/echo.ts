/**
 * Sends every frame back to where it came from, and does nothing else: as fast
 * as a ring and batches can be, whatever is done with the frames.
 *
 * @module
 */

import { FrameRing } from "../../../ffi/frame_ring.ts";
import { FrameSender } from "../../../ffi/frame_sender.ts";
import { findInterface } from "../../../ffi/interface.ts";
import { PacketPort, RING_LEN } from "../../../ffi/packet_port.ts";
import { Wakeup } from "../../../ffi/wakeup.ts";
import { Arena } from "../../../src/arena.ts";
import { Outbox } from "../../../src/outbox.ts";
import { compileFilter } from "../../../src/run/filter.ts";
import { slotLenOf, SLOTS } from "../../../src/run/memory.ts";
import { ICMP, IP_DST, IP_SRC, L4, STACK } from "../template.ts";

const ICMP_CHECKSUM = L4 + 2;
const ECHO_REQUEST = 0x0800; // type and code; those of the reply are 0
const IDLE_MS = 100;

const mac = Uint8Array.fromHex(STACK.mac);
const { index, mtu } = findInterface("sensor0")!;
const slotLen = slotLenOf(mtu);
const memoryLen = RING_LEN + SLOTS * slotLen;
const [port] = PacketPort.open(1, { index, memoryLen, mac });
const { lease } = port!;
const ring = new FrameRing(lease, new Wakeup().fd);
const { bytes, view } = new Arena(ring.memory);
const outbox = new Outbox(
  new Arena(ring.memory, RING_LEN),
  SLOTS,
  slotLen,
  (outbox) => sender.send(outbox),
);
const sender = new FrameSender(lease.sendFd, outbox, lease.address);
port!.filter(compileFilter(mac, undefined), false);

for (;;) {
  const block = ring.take();
  if (block < 0) {
    ring.wait(IDLE_MS);
    continue;
  }
  let frame = ring.firstOf(block);
  for (let left = ring.countOf(block); left > 0; left--) {
    sendBack(ring.atOf(frame), ring.endOf(frame));
    frame = ring.next(frame);
  }
  ring.release(block);
  outbox.flush();
}

/** Exchanges addresses and ports, which changes no checksum but a ping's. */
function sendBack(at: number, end: number): void {
  const out = outbox.freeAt;
  bytes.copyWithin(out, at, end);
  bytes.copyWithin(out, at + 6, at + 12);
  bytes.copyWithin(out + 6, at, at + 6);
  view.setInt32(out + IP_SRC, view.getInt32(at + IP_DST));
  view.setInt32(out + IP_DST, view.getInt32(at + IP_SRC));
  if (view.getUint8(at + 23) === ICMP) {
    const checksum = view.getUint16(at + ICMP_CHECKSUM) + ECHO_REQUEST;
    view.setUint16(out + L4, 0);
    const isOver = checksum > 0xffff ? 1 : 0;
    view.setUint16(out + ICMP_CHECKSUM, checksum + isOver);
  } else {
    view.setInt16(out + L4, view.getInt16(at + L4 + 2));
    view.setInt16(out + L4 + 2, view.getInt16(at + L4));
  }
  outbox.push(out + end - at);
}
