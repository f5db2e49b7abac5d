import { deepStrictEqual, ok } from "node:assert/strict";
import {
  type Limit,
  LIMITS,
  OTHERS,
  OVER_UDP,
  questions,
  ratioOf,
  worstOf,
  worstOfOthers,
} from "./measure.ts";
import { frames, known, promise, rows, worstKnown } from "./table.ts";

const TRIES = 3000;
const MUTANTS = 10_000;
const SEED = 20_260_103;
const HOW = "find and print it: deno task amplification";

Deno.test("README says how much longer answers are than questions, at worst", () => {
  const readme = Deno.readTextFileSync(
    new URL("../../README.md", import.meta.url),
  );
  const written = new Set(
    readme.split("\n").map((line) => line.replaceAll(/ *\| */g, "|")),
  );
  const missing = rows().map((row) => `|${row.join("|")}|`)
    .filter((row) => !written.has(row));
  deepStrictEqual(missing, [], HOW);
});

for (const limit of Object.keys(LIMITS) as Limit[]) {
  Deno.test(`No datagram is answered at greater length than README says, limit ${limit}`, () => {
    const worst = worstKnown();
    for (const name of OVER_UDP) {
      const begin = [...questions(), ...[known(name) ?? []].flat()];
      const found = worstOf(name, limit, begin, TRIES, SEED);
      const most = promise(worst.get(name), limit, true);
      ok(ratioOf(found) <= most, `${name}, ${found.question.toHex()}: ${HOW}`);
    }
  });

  Deno.test(`No unproven peer is told more than README says, limit ${limit}`, () => {
    const worst = worstKnown();
    const found = worstOfOthers(frames(), MUTANTS, SEED, LIMITS[limit]);
    ok(found.size >= OTHERS.size - 1);
    for (const [verdict, one] of found) {
      const isOverUdp = OTHERS.get(verdict)!.startsWith("UDP");
      const most = promise(worst.get(verdict), limit, isOverUdp);
      ok(ratioOf(one) <= most, `${verdict}, ${one.question.toHex()}: ${HOW}`);
    }
  });
}
