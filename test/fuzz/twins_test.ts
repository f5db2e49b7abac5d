import { ok } from "node:assert/strict";
import { recordedFrames, vectorFrames } from "./corpus.ts";
import { fuzzTwins, TWINS } from "./twins.ts";

const ROUNDS = 20_000;
const SEED = 20_260_102;

for (const [name, options] of TWINS) {
  Deno.test(`Two responders ${name} fall silent within a second, whatever is forged`, () => {
    const corpus = [...vectorFrames(), ...recordedFrames()];
    const sent = fuzzTwins(options, corpus, SEED, ROUNDS);
    ok(sent > 1000, "they hardly said a word");
  });
}
