import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Arena } from "../src/arena.ts";
import { NO_BUFFER, RequestBuffers } from "../src/request_buffers.ts";
import { octets, text } from "./tcp_client.ts";

const FRAME_AT = 0;
const FRAME_MAX = 64;

/** Buffers of 16 octets behind a place for a frame. */
class Rig {
  readonly arena = new Arena(new ArrayBuffer(256), FRAME_MAX);
  readonly losers: number[] = [];
  readonly buffers: RequestBuffers;

  constructor(count: number) {
    this.buffers = new RequestBuffers(
      this.arena,
      count,
      16,
      (owner) => this.losers.push(owner),
    );
  }

  append(buffer: number, content: string): boolean {
    this.arena.bytes.set(octets(content), FRAME_AT);
    return this.buffers.append(buffer, FRAME_AT, FRAME_AT + content.length);
  }

  content(buffer: number): string {
    const at = this.buffers.at(buffer);
    const { starts, fills } = this.buffers;
    return text(
      this.arena.bytes.subarray(at + starts[buffer]!, at + fills[buffer]!),
    );
  }
}

Deno.test("RequestBuffers.append() fills a buffer to its last octet", () => {
  const rig = new Rig(2);
  const [first, second] = [rig.buffers.take(1), rig.buffers.take(2)];
  strictEqual(rig.append(first, "0123456789"), true);
  strictEqual(rig.append(second, "other"), true);
  strictEqual(rig.append(first, "abcdef"), true);
  strictEqual(rig.append(first, ""), true);
  strictEqual(rig.content(first), "0123456789abcdef");
  strictEqual(rig.content(second), "other");
});

Deno.test("RequestBuffers.append() copies nothing that does not fit", () => {
  const rig = new Rig(2);
  const [first, second] = [rig.buffers.take(1), rig.buffers.take(2)];
  rig.append(second, "0123456789abcdef");
  rig.append(first, "0123456789");
  strictEqual(rig.append(first, "abcdefg"), false);
  strictEqual(rig.content(first), "0123456789");
  strictEqual(rig.content(second), "0123456789abcdef");
});

Deno.test("RequestBuffers.compact() keeps what is wanted and makes room", () => {
  const rig = new Rig(1);
  const buffer = rig.buffers.take(1);
  rig.append(buffer, "0123456789abcdef");
  rig.buffers.starts[buffer] = 4;
  rig.buffers.compact(buffer);
  strictEqual(rig.content(buffer), "456789abcdef");
  strictEqual(rig.buffers.starts[buffer], 0);
  strictEqual(rig.append(buffer, "ghij"), true);
  strictEqual(rig.content(buffer), "456789abcdefghij");
  rig.buffers.starts[buffer] = 16;
  rig.buffers.compact(buffer);
  strictEqual(rig.content(buffer), "");
});

Deno.test("RequestBuffers.take() hands out every buffer, then takes them in turn", () => {
  const rig = new Rig(3);
  const taken = [1, 2, 3].map((owner) => rig.buffers.take(owner));
  strictEqual(new Set(taken).size, 3);
  strictEqual(rig.buffers.reclaimed, 0);
  for (const owner of [4, 5, 6, 7]) rig.buffers.take(owner);
  deepStrictEqual(rig.losers.slice(0, 3).toSorted(), [1, 2, 3]);
  strictEqual(rig.losers[3], 4);
  strictEqual(rig.buffers.reclaimed, 4);
});

Deno.test("RequestBuffers.take() prefers a buffer that was given back, empty", () => {
  const rig = new Rig(2);
  const first = rig.buffers.take(1);
  rig.buffers.take(2);
  rig.append(first, "old");
  rig.buffers.release(first);
  strictEqual(rig.buffers.take(3), first);
  strictEqual(rig.content(first), "");
  deepStrictEqual(rig.losers, []);
});

Deno.test("RequestBuffers.release() of no buffer is harmless", () => {
  const rig = new Rig(1);
  rig.buffers.release(NO_BUFFER);
  rig.buffers.take(1);
  rig.buffers.take(2);
  deepStrictEqual(rig.losers, [1]);
});
