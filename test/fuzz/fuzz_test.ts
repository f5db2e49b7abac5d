import { deepStrictEqual, ok } from "node:assert/strict";
import { VERDICT } from "../../src/verdict.ts";
import { vectorFrames } from "./corpus.ts";
import { fuzz } from "./fuzzer.ts";

const FRAMES = 100_000;
const SEED = 20_260_101;

// What a run must reach, or it proves nothing.
const REACHED = [
  VERDICT.arp_reply,
  VERDICT.icmpv4_echo_reply,
  VERDICT.icmpv6_echo_reply,
  VERDICT.neighbor_advertisement,
  VERDICT.tcp_syn_ack,
  VERDICT.tcp_ack,
  VERDICT.tcp_answer,
  VERDICT.tcp_fin_ack,
  VERDICT.tcp_cookie_wrong,
  VERDICT.checksum_wrong,
  VERDICT.ip_malformed,
];

for (const persona of ["linux", "classic"]) {
  Deno.test(`Stack.receive() survives ${FRAMES} hostile frames as ${persona}`, () => {
    const { verdicts } = fuzz(vectorFrames(), SEED, FRAMES, persona);
    for (const verdict of REACHED) ok(verdicts[verdict]! > 0);
    const total = verdicts.reduce((sum, count) => sum + count, 0);
    deepStrictEqual(total, FRAMES); // each frame counted exactly once
  });
}
