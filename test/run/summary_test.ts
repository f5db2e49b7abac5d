import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { NOTHING } from "../../src/run/report.ts";
import { summaryOf } from "../../src/run/summary.ts";
import { LINES } from "../../src/sink/framing.ts";
import { Output } from "../../src/sink/output.ts";
import { VERDICT } from "../../src/verdict.ts";

Deno.test("summaryOf() tells what was counted, the most frequent first", () => {
  const output = new Output({ name: '"a"', open: () => Deno.stdout }, LINES);
  output.lost = 1200;
  const report = {
    ...NOTHING,
    verdicts: NOTHING.verdicts.with(VERDICT.arp_reply, 2)
      .with(VERDICT.tcp_syn_ack, 1_234_567)
      .with(VERDICT.ip_malformed, 3)
      .with(VERDICT.tcp_reset, 4)
      .with(VERDICT.ip_denied, 5)
      .with(VERDICT.port_zero, 6),
    answers: NOTHING.answers.with(0, 7).with(1, 8),
    flows: 9,
    ringDrops: 10,
  };
  deepStrictEqual(summaryOf(report, [output], 3_600_000), [
    "in 1 h 0 min: 1,234,587 frames in, 1,234,569 answered, 11 dropped, " +
    "3 malformed, 4 with nothing to answer",
    "frames answered: tcp_syn_ack 1,234,567, arp_reply 2",
    "messages answered: ssh 8, http 7",
    "frames dropped: port_zero 6, ip_denied 5",
    "frames malformed: ip_malformed 3",
    "frames with nothing to answer: tcp_reset 4",
    "connections remembered: 9",
    'lost on our side: lines of "a" 1,200, frames that found the ring full 10',
  ]);
});

Deno.test("summaryOf() names the busiest sources", () => {
  const lines = summaryOf(NOTHING, [], 0, [
    { src: Uint8Array.of(192, 0, 2, 7), packetsIn: 1234 },
    { src: Uint8Array.fromHex(`20010db8${"0".repeat(23)}1`), packetsIn: 1 },
  ]);
  ok(lines.includes(
    "busiest sources of late, in packets: 192.0.2.7 1,234, 2001:db8::1 1",
  ));
});

const DURATIONS: readonly [milliseconds: number, text: string][] = [
  [0, "0 s"],
  [59_999, "59 s"],
  [60_000, "1 min 0 s"],
  [3_599_999, "59 min 59 s"],
  [86_399_999, "23 h 59 min"],
  [90_000_000, "1 d 1 h"],
  [366 * 86_400_000, "366 d 0 h"],
];

for (const [milliseconds, text] of DURATIONS) {
  Deno.test(`summaryOf() writes ${milliseconds} ms as ${text}`, () => {
    const [first] = summaryOf(NOTHING, [], milliseconds);
    strictEqual(first!.split(":")[0], `in ${text}`);
  });
}
