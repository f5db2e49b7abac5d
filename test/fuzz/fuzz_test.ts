import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { pcapHeader, pcapRecord } from "../../src/pcap.ts";
import { VERDICT } from "../../src/verdict.ts";
import { START } from "../harness.ts";
import { decode, judged } from "../tshark.ts";
import { converse, holdAgain } from "./conversation.ts";
import { corpus } from "./corpus.ts";
import { fuzz, FUZZED, replay } from "./fuzzer.ts";
import { join } from "./mutate.ts";

const FRAMES = 40_000;
const SAMPLED = 30_000;
const CONVERSATIONS = 600;
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
  VERDICT.udp_answer,
  VERDICT.checksum_wrong,
  VERDICT.ip_malformed,
];
const REFUSALS = [VERDICT.tcp_reset_sent, VERDICT.port_unreachable];

for (const options of FUZZED) {
  Deno.test(`Stack.receive() survives ${FRAMES} hostile frames with ${JSON.stringify(options)}`, () => {
    const { verdicts } = fuzz(corpus(), SEED, FRAMES, options);
    for (const verdict of REACHED) ok(verdicts[verdict]! > 0, `${verdict}`);
    if (options.ports !== undefined && options.persona === "linux") {
      for (const verdict of REFUSALS) ok(verdicts[verdict]! > 0);
    }
    const total = verdicts.reduce((sum, count) => sum + count, 0);
    strictEqual(total, FRAMES); // each frame counted exactly once
  });
}

for (const persona of ["linux", "classic"]) {
  Deno.test(`Tcp (${persona}) answers a stream as in one piece, whatever happens to its segments`, () => {
    const { messages } = corpus();
    const result = converse(messages, SEED, CONVERSATIONS, { persona });
    ok(result.frames > 10_000);
    if (persona === "linux") ok(result.octets > 100_000);
  });
}

judged(
  "tshark finds nothing malformed in answers to hostile frames",
  async () => {
    let pcap: Uint8Array = pcapHeader();
    fuzz(corpus(), SEED, SAMPLED, {}, (answer) => {
      pcap = join(pcap, pcapRecord(START, answer));
    });
    const packets = await decode(pcap);
    ok(packets.length > 100);
    for (const packet of packets) {
      const bad = [
        ...packet.complaints.filter((it) =>
          /malformed|checksum|length/i.test(it)
        ),
        ...packet.all["_ws.malformed"] ?? [],
      ];
      deepStrictEqual(bad, [], `${packet}`);
    }
  },
);

const CASES = new URL("cases/", import.meta.url);
for (const { name } of Deno.readDirSync(CASES)) {
  Deno.test(`Stack survives what once was too much for it: ${name}`, () => {
    const text = Deno.readTextFileSync(new URL(name, CASES));
    if (name.endsWith(".json")) holdAgain(text);
    else ok(replay(text) > 0);
  });
}
