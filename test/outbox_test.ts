import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Arena } from "../src/arena.ts";
import { Outbox } from "../src/outbox.ts";

/** An outbox of three slots, and what it sent: ends relative to the slots. */
function makeOutbox(): { outbox: Outbox; batches: number[][] } {
  const batches: number[][] = [];
  const arena = new Arena(new ArrayBuffer(128), 64);
  const outbox = new Outbox(arena, 3, 16, ({ count, ends, slotAt }) => {
    batches.push(
      Array.from(
        { length: count },
        (_, i) => ends[i]! - slotAt.call(outbox, i),
      ),
    );
  });
  return { outbox, batches };
}

Deno.test("Outbox slots are apart and inside the arena", () => {
  const { outbox } = makeOutbox();
  deepStrictEqual([0, 1, 2].map((i) => outbox.slotAt(i)), [64, 80, 96]);
});

Deno.test("Outbox.push() moves on to the next slot", () => {
  const { outbox, batches } = makeOutbox();
  strictEqual(outbox.freeAt, 64);
  outbox.push(outbox.freeAt + 1);
  strictEqual(outbox.freeAt, 80);
  strictEqual(outbox.count, 1);
  deepStrictEqual(batches, []);
});

Deno.test("Outbox.push() sends when all slots are full, in order", () => {
  const { outbox, batches } = makeOutbox();
  for (const length of [1, 2, 16, 4]) outbox.push(outbox.freeAt + length);
  deepStrictEqual(batches, [[1, 2, 16]]);
  strictEqual(outbox.count, 1);
  outbox.flush();
  deepStrictEqual(batches, [[1, 2, 16], [4]]);
  strictEqual(outbox.freeAt, 64);
});

Deno.test("Outbox.flush() of nothing does nothing", () => {
  const { outbox, batches } = makeOutbox();
  outbox.flush();
  outbox.push(outbox.freeAt);
  outbox.flush();
  outbox.flush();
  deepStrictEqual(batches, [[0]]);
});
