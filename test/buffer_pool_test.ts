import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Arena } from "../src/arena.ts";
import { BufferPool, NO_BUFFER } from "../src/buffer_pool.ts";
import { octets, text } from "./tcp_client.ts";

const FRAME_AT = 0;
const FRAME_MAX = 64;

/** Buffers of 16 octets behind a place for a frame. */
class Rig {
  readonly arena = new Arena(new ArrayBuffer(256), FRAME_MAX);
  readonly losers: number[] = [];
  readonly buffers: BufferPool;
  readonly #taken = new Map<number, number>(); // owner → buffer

  constructor(count: number) {
    this.buffers = new BufferPool(
      this.arena,
      count,
      16,
      {
        reclaim: (owner) => {
          this.losers.push(owner);
          this.buffers.release(this.#taken.get(owner)!);
        },
        sourceOf: (owner) => owner % 100,
      },
    );
  }

  take(owner: number): number {
    const buffer = this.buffers.take(owner);
    this.#taken.set(owner, buffer);
    return buffer;
  }

  append(buffer: number, content: string): boolean {
    this.arena.bytes.set(octets(content), FRAME_AT);
    return this.buffers.append(buffer, FRAME_AT, FRAME_AT + content.length);
  }

  content(buffer: number): string {
    const at = this.buffers.at(buffer);
    const end = at + this.buffers.lengthOf(buffer);
    return text(this.arena.bytes.subarray(at, end));
  }
}

Deno.test("BufferPool.append() fills a buffer to its last octet", () => {
  const rig = new Rig(2);
  const [first, second] = [rig.take(1), rig.take(2)];
  strictEqual(rig.append(first, "0123456789"), true);
  strictEqual(rig.append(second, "other"), true);
  strictEqual(rig.append(first, "abcdef"), true);
  strictEqual(rig.append(first, ""), true);
  strictEqual(rig.content(first), "0123456789abcdef");
  strictEqual(rig.content(second), "other");
});

Deno.test("BufferPool.append() copies nothing that does not fit", () => {
  const rig = new Rig(2);
  const [first, second] = [rig.take(1), rig.take(2)];
  rig.append(second, "0123456789abcdef");
  rig.append(first, "0123456789");
  strictEqual(rig.append(first, "abcdefg"), false);
  strictEqual(rig.content(first), "0123456789");
  strictEqual(rig.content(second), "0123456789abcdef");
});

Deno.test("BufferPool.drop() makes room at the front", () => {
  const rig = new Rig(2);
  const [buffer, other] = [rig.take(1), rig.take(2)];
  rig.append(other, "other");
  rig.append(buffer, "0123456789abcdef");
  rig.buffers.drop(buffer, 4);
  strictEqual(rig.content(buffer), "456789abcdef");
  strictEqual(rig.append(buffer, "ghijk"), false);
  strictEqual(rig.append(buffer, "ghij"), true);
  strictEqual(rig.content(buffer), "456789abcdefghij");
  rig.buffers.drop(buffer, 16);
  strictEqual(rig.content(buffer), "");
  strictEqual(rig.content(other), "other");
  strictEqual(rig.buffers.lengthOf(NO_BUFFER), 0);
});

Deno.test("BufferPool.take() hands out every buffer, then takes them in turn", () => {
  const rig = new Rig(3);
  const taken = [1, 2, 3].map((owner) => rig.take(owner));
  strictEqual(new Set(taken).size, 3);
  strictEqual(rig.buffers.reclaimed, 0);
  for (const owner of [4, 5, 6, 7]) rig.take(owner);
  deepStrictEqual(rig.losers.slice(0, 3).toSorted(), [1, 2, 3]);
  strictEqual(rig.losers[3], 4);
  strictEqual(rig.buffers.reclaimed, 4);
});

Deno.test("BufferPool.take() takes the oldest buffer of the source that has most", () => {
  const rig = new Rig(4);
  // Sources 1, 2 and 3; owners are numbered 100 n + source.
  for (const owner of [1, 2, 102, 202, 3, 103, 302, 101]) rig.take(owner);
  deepStrictEqual(rig.losers, [2, 102, 3, 202]);
});

Deno.test("BufferPool.take() prefers a buffer that was given back, empty", () => {
  const rig = new Rig(2);
  const first = rig.take(1);
  rig.take(2);
  rig.append(first, "old");
  rig.buffers.release(first);
  strictEqual(rig.take(3), first);
  strictEqual(rig.content(first), "");
  deepStrictEqual(rig.losers, []);
});

Deno.test("BufferPool.release() of no buffer is harmless", () => {
  const rig = new Rig(1);
  rig.buffers.release(NO_BUFFER);
  rig.take(1);
  rig.take(2);
  deepStrictEqual(rig.losers, [1]);
});
