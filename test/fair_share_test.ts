import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { FairShare, SOURCES } from "../src/fair_share.ts";

const MEMBERS = 8;

Deno.test("FairShare.yielder() is the candidate while all have as many", () => {
  const shares = new FairShare(4);
  for (const member of [2, 0, 3, 1]) shares.take(member, member);
  for (const member of [0, 1, 2, 3]) {
    strictEqual(shares.yielder(member), member);
  }
});

Deno.test("FairShare.yielder() is what the greatest source took first", () => {
  const shares = new FairShare(6);
  for (const [member, source] of [[5, 1], [0, 2], [3, 1], [1, 1], [2, 2]]) {
    shares.take(member!, source!);
  }
  strictEqual(shares.yielder(0), 5);
  shares.giveBack(5);
  strictEqual(shares.sourceOf(3), 1);
  strictEqual(shares.yielder(0), 0); // both have two
  shares.giveBack(3);
  strictEqual(shares.yielder(1), 0);
});

Deno.test("FairShare finds a source that was overlooked, in the end", () => {
  const shares = new FairShare(9);
  for (const member of [0, 1, 2]) shares.take(member, 7); // never again
  for (const member of [3, 4, 5, 6]) shares.take(member, 8);
  for (const member of [3, 4, 5, 6]) shares.giveBack(member);
  shares.take(8, 9);
  let asked = 0;
  while (shares.yielder(8) === 8) asked++;
  ok(asked < SOURCES);
  strictEqual(shares.yielder(8), 0);
});

Deno.test("FairShare: one that wants all leaves the others what they have", () => {
  const member = fc.nat(MEMBERS - 1);
  fc.assert(fc.property(fc.array(member, { maxLength: 100 }), (order) => {
    const shares = new FairShare(MEMBERS);
    for (let i = 0; i < MEMBERS; i++) shares.take(i, i < 3 ? i : 100);
    for (const candidate of order) {
      const victim = shares.yielder(candidate);
      strictEqual(shares.sourceOf(victim), 100);
      shares.giveBack(victim);
      shares.take(victim, 100);
    }
    const sources = Array.from({ length: 3 }, (_, i) => shares.sourceOf(i));
    deepStrictEqual(sources, [0, 1, 2]);
  }));
});
