/**
 * The same stack behind a loop as one writes it first: receive a frame, answer
 * it, send the answer. To compare with.
 *
 * ```sh
 * deno run -A naive.ts            # waits only when there is no frame
 * deno run -A naive.ts waits      # before each frame, in and out
 * deno run -A naive.ts OCTETS     # of a receive buffer that is not the usual one
 * ```
 *
 * @module
 */

import { EAGAIN } from "../../../ffi/errno.ts";
import { findInterface } from "../../../ffi/interface.ts";
import { errno, libc } from "../../../ffi/libc.ts";
import {
  bindPacketSocket,
  ETH_P_ALL,
  ints,
  openPacketSocket,
  setOption,
  SOL_PACKET,
  SOL_SOCKET,
} from "../../../ffi/packet_socket.ts";
import { NO_TAG } from "../../../src/stack/link.ts";
import { makeStack } from "../../harness.ts";

const { symbols: { recv, send } } = Deno.dlopen("libc.so.6", {
  // ssize_t recv(int sockfd, void *buf, size_t len, int flags);
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  // ssize_t send(int sockfd, const void *buf, size_t len, int flags);
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
});

const PACKET_IGNORE_OUTGOING = 23;
const SO_RCVBUFFORCE = 33;
const POLLIN = 1;
const POLLOUT = 4;
const FRAME_MAX = 2048;
const TICK = 64; // frames between two looks at the clock
const IDLE_MS = 100;

const fd = openPacketSocket();
const ignore = "leave out our own frames";
setOption(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, ints(1), ignore);
const waits = Deno.args.includes("waits");
const [bufferLen] = Deno.args;
if (bufferLen !== undefined && !waits) {
  const room = ints(Number(bufferLen));
  setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, room, "make room for frames");
}
bindPacketSocket(fd, findInterface("sensor0")!.index, ETH_P_ALL);
// struct pollfd { int fd; short events; short revents; }
const pollIn = new Uint8Array(ints(fd, POLLIN));
const pollOut = new Uint8Array(ints(fd, POLLOUT));

const { arena, outbox, stack } = makeStack({}, ({ count, ends, slotAt }) => {
  for (let i = 0; i < count; i++) {
    const at = slotAt.call(outbox, i);
    if (waits) libc.poll(pollOut, 1, IDLE_MS);
    send(fd, arena.bytes.subarray(at), ends[i]! - at, 0);
  }
});
const at = arena.bytes.length - FRAME_MAX;
const buffer = arena.bytes.subarray(at);
for (let count = 0;; count++) {
  if (count % TICK === 0) stack.tick(Date.now());
  if (waits) libc.poll(pollIn, 1, IDLE_MS);
  const length = recv(fd, buffer, FRAME_MAX, 0);
  if (length > 0) {
    stack.receive(at, at + length, NO_TAG, false);
    outbox.flush();
  } else if (errno() === EAGAIN) {
    stack.tick(Date.now());
    libc.poll(pollIn, 1, IDLE_MS);
  }
}
