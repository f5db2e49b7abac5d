import { deepStrictEqual, ok } from "node:assert/strict";
import { VERDICT } from "../../src/verdict.ts";
import { vectorFrames } from "./corpus.ts";
import { fuzz, FUZZED } from "./fuzzer.ts";

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

const REFUSALS = [VERDICT.tcp_reset_sent, VERDICT.port_unreachable];

for (const options of FUZZED) {
  Deno.test(`Stack.receive() survives ${FRAMES} hostile frames with ${JSON.stringify(options)}`, () => {
    const { verdicts } = fuzz(vectorFrames(), SEED, FRAMES, options);
    for (const verdict of REACHED) ok(verdicts[verdict]! > 0);
    if (options.ports !== undefined) {
      for (const verdict of REFUSALS) ok(verdicts[verdict]! > 0);
    }
    const total = verdicts.reduce((sum, count) => sum + count, 0);
    deepStrictEqual(total, FRAMES); // each frame counted exactly once
  });
}
