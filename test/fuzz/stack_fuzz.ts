// deno-lint-ignore-file no-console
/**
 * Fuzzes the stack by hand: `deno task fuzz [frames] [seed]`. The seed is
 * printed; run it again to see the same frames.
 */

import { VERDICTS } from "../../src/verdict.ts";
import { recordedFrames, vectorFrames } from "./corpus.ts";
import { fuzz, FUZZED } from "./fuzzer.ts";
import { fuzzTwins, TWINS } from "./twins.ts";

const frames = Number(Deno.args[0] ?? 2_000_000);
const seed = Number(Deno.args[1] ?? Date.now()) | 0;

for (const options of FUZZED) {
  const start = performance.now();
  const { answers, verdicts } = fuzz(vectorFrames(), seed, frames, options);
  const seconds = (performance.now() - start) / 1000;
  const rate = Math.round(frames / seconds);
  const seen = [...verdicts.entries()].filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${VERDICTS[verdict]} ${count}`).join(", ");
  console.log(
    `seed ${seed}, ${
      JSON.stringify(options)
    }: ${frames} frames, ${rate} a second, ` +
      `${answers} answers, no exception\n  ${seen}`,
  );
}

for (const [name, options] of TWINS) {
  const corpus = [...vectorFrames(), ...recordedFrames()];
  const sent = fuzzTwins(options, corpus, seed, frames / TWINS.length);
  console.log(`seed ${seed}, two responders ${name}: ${sent} frames, silence`);
}
