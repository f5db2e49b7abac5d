// deno-lint-ignore-file no-console
/**
 * Fuzzes the stack by hand: `deno task fuzz [frames] [seed]`. The seed is
 * printed; run it again to see the same frames. What fails is printed as a case
 * for `test/fuzz/cases/`.
 */

import { VERDICTS } from "../../src/verdict.ts";
import { converse } from "./conversation.ts";
import { corpus, recordedFrames, vectorFrames } from "./corpus.ts";
import { fuzz, FUZZED } from "./fuzzer.ts";
import { fuzzTwins, TWINS } from "./twins.ts";

const [frames = 2_000_000, seed = Date.now() | 0] = Deno.args.map(Number);
if (!(frames >= 1 && Number.isInteger(frames) && Number.isInteger(seed))) {
  console.error("Usage: deno task fuzz [FRAMES] [SEED], two whole numbers");
  Deno.exit(2);
}
const conversations = Math.ceil(frames / 100);
const twins = Math.ceil(frames / 10 / TWINS.length);

console.log(`seed ${seed}`);
try {
  run();
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}

function run(): void {
  for (const options of FUZZED) {
    const start = performance.now();
    const count = Math.ceil(frames / FUZZED.length);
    const { answers, verdicts } = fuzz(corpus(), seed, count, options);
    const seen = [...verdicts.entries()].filter(([, count]) => count > 0)
      .map(([verdict, count]) => `${VERDICTS[verdict]} ${count}`).join(", ");
    console.log(
      `${JSON.stringify(options)}: ${count} frames${rate(count, start)}, ` +
        `${answers} answers\n  ${seen}`,
    );
  }
  for (const options of [{}, { persona: "classic" }]) {
    const start = performance.now();
    const { messages } = corpus();
    const all = converse(messages, seed, conversations / 2, options);
    console.log(
      `${JSON.stringify(options)}: conversations of ${all.frames} frames` +
        `${rate(all.frames, start)}, ${all.streams} streams compared`,
    );
  }
  for (const [name, options] of TWINS) {
    const start = performance.now();
    const begin = [...vectorFrames(), ...recordedFrames()];
    const sent = fuzzTwins(options, begin, seed, twins);
    console.log(
      `two responders ${name}: ${twins} forged frames${rate(twins, start)}, ` +
        `${sent} follow, then silence`,
    );
  }
}

function rate(count: number, start: number): string {
  const seconds = (performance.now() - start) / 1000;
  return ` (${Math.round(count / seconds)} a second)`;
}
