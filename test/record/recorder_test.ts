import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  BUFFER_LEN,
  LISTEN,
  NO_PROTOCOL,
  PACKET,
} from "../../src/record/layout.ts";
import {
  type AnyRecord,
  type FrameRecord,
  type MessageRecord,
} from "../../src/record/records.ts";
import { VERDICT, type VerdictName, VERDICTS } from "../../src/verdict.ts";
import { NOW, Rig } from "./rig.ts";

const TOLD_A_SECOND = 20;

// [level, verdict, recorded, told]
const LEVELS: readonly [
  level: Exclude<keyof typeof LISTEN, symbol>,
  verdict: VerdictName,
  isRecorded: boolean,
  isNews: boolean,
][] = [
  ["nothing", "arp_reply", false, false],
  ["nothing", "ip_malformed", false, false],
  ["answers", "arp_reply", true, true],
  ["answers", "udp_answer", true, true],
  ["answers", "transport_malformed", true, true],
  ["answers", "tcp_acknowledged", false, false],
  ["answers", "frame_cut", false, false],
  ["answers", "port_zero", false, false],
  ["drops", "arp_reply", true, true],
  ["drops", "tcp_handshake_ack", false, false],
  ["drops", "tcp_reset", false, false],
  ["drops", "frame_cut", true, true],
  ["drops", "reply_too_long", true, true],
  ["everything", "arp_reply", true, true],
  ["everything", "tcp_reset", true, false],
  ["everything", "frame_cut", true, true],
];

for (const [level, verdict, isRecorded, isNews] of LEVELS) {
  const verb = isRecorded ? "records" : "leaves out";
  Deno.test(`Recorder at ${level} ${verb} ${verdict}${isNews ? " as news" : ""}`, () => {
    const rig = new Rig(LISTEN[level]);
    rig.frame(verdict);
    const records = rig.flush() as readonly FrameRecord[];
    deepStrictEqual(
      records.map((record) => record.isNews),
      isRecorded ? [isNews] : [],
    );
  });
}

Deno.test("Recorder tells a few of a sort a second, then how many more", () => {
  const rig = new Rig(LISTEN.answers);
  for (let i = 0; i < 100; i++) {
    rig.frame("arp_reply");
    const exchange = rig.exchange();
    exchange.note(0, 0, 1);
    rig.recorder.message(0, exchange, true, 0);
  }
  for (let i = 0; i < TOLD_A_SECOND; i++) rig.frame("tcp_syn_ack");
  rig.recorder.tick(NOW + 992); // still the same second
  rig.frame("arp_reply");
  strictEqual(rig.flush().length, 3 * TOLD_A_SECOND);
  rig.recorder.give(new ArrayBuffer(BUFFER_LEN));
  rig.recorder.tick(NOW + 993);
  rig.recorder.tick(NOW + 2993); // told once
  deepStrictEqual(rig.flush().slice(3 * TOLD_A_SECOND), [
    { kind: "more", time: NOW + 993, sort: VERDICT.arp_reply, count: 81 },
    { kind: "more", time: NOW + 993, sort: VERDICTS.length, count: 80 },
  ]);
});

Deno.test("Recorder marks the news when it records everything", () => {
  const rig = new Rig(LISTEN.everything);
  for (let i = 0; i < TOLD_A_SECOND + 5; i++) rig.frame("arp_reply");
  const records = rig.flush() as readonly FrameRecord[];
  strictEqual(records.length, TOLD_A_SECOND + 5);
  strictEqual(records.filter(({ isNews }) => isNews).length, TOLD_A_SECOND);
});

Deno.test("Recorder ships a full buffer and goes on in the next", () => {
  const rig = new Rig(LISTEN.everything, 2);
  const count = Math.ceil(BUFFER_LEN / PACKET);
  for (let i = 0; i < count; i++) rig.frame("arp_reply");
  strictEqual(rig.buffers.length, 1);
  strictEqual(rig.records.length, count - 1);
  strictEqual(rig.flush().length, count);
  strictEqual(rig.recorder.dropped, 0);
});

Deno.test("Recorder drops and counts when it has no buffer", () => {
  const rig = new Rig(LISTEN.everything, 1);
  const count = Math.ceil(BUFFER_LEN / PACKET);
  for (let i = 0; i < count + 4; i++) rig.frame("arp_reply");
  strictEqual(rig.recorder.dropped, 5);
  rig.recorder.give(rig.buffers[0]!);
  rig.frame("tcp_syn_ack");
  const records = rig.flush();
  strictEqual(records.length, count + 1);
  // Where they are missing, it says so.
  deepStrictEqual(records.at(-2), { kind: "dropped", time: NOW, count: 5 });
  strictEqual(rig.recorder.dropped, 5);
});

Deno.test("Recorder.flush() ships nothing when there is nothing", () => {
  const rig = new Rig(LISTEN.everything, 1);
  strictEqual(rig.recorder.hasRecords, false);
  rig.flush();
  rig.frame("arp_reply");
  strictEqual(rig.recorder.hasRecords, true);
  rig.flush();
  strictEqual(rig.recorder.hasRecords, false);
  rig.flush();
  strictEqual(rig.buffers.length, 1);
});

Deno.test("Recorder drops nothing once the packet loop is over", () => {
  const rig = new Rig(LISTEN.everything, 0);
  rig.frame("arp_reply");
  strictEqual(rig.recorder.dropped, 1);
  rig.recorder.end();
  for (let i = 0; i < 2000; i++) rig.frame("arp_reply");
  rig.recorder.finish();
  strictEqual(rig.records.length, 1 + 2000 + 1); // dropped, frames, more
  strictEqual(rig.recorder.dropped, 1);
});

Deno.test("Recorder of exchanges keeps the start of what nobody understood", () => {
  const rig = new Rig(LISTEN.exchanges);
  rig.arena.bytes.set(new Uint8Array(4096).map((_, i) => i));
  const exchange = rig.exchange();
  exchange.at = 16;
  exchange.end = 16 + 2000;
  exchange.next = exchange.end;
  rig.recorder.message(NO_PROTOCOL, exchange, false, 5);
  rig.recorder.message(NO_PROTOCOL, exchange, false, 5000);
  const records = rig.flush() as readonly MessageRecord[];
  deepStrictEqual(records.map(({ payload }) => payload), [
    Uint8Array.of(16, 17, 18, 19, 20),
    new Uint8Array(1024).map((_, i) => i + 16),
  ]);
  deepStrictEqual(
    records.map((it) => [it.application, it.isAnswered, it.requestLen]),
    [[NO_PROTOCOL, false, 2000], [NO_PROTOCOL, false, 2000]],
  );
});

Deno.test("Recorder keeps the start of an answer for who wants every exchange", () => {
  for (const listen of [LISTEN.exchanges, LISTEN.answers]) {
    const rig = new Rig(listen);
    const exchange = rig.exchange(300);
    exchange.note(0, 0, 1);
    exchange.answer.put(Uint8Array.of(9, 8, 7));
    rig.recorder.message(0, exchange, true, 0);
    exchange.answer.put(new Uint8Array(297).fill(1));
    rig.recorder.message(0, exchange, true, 0);
    const records = rig.flush() as readonly MessageRecord[];
    const isKept = listen === LISTEN.exchanges;
    deepStrictEqual(
      records.map(({ answer }) => answer.toHex()),
      isKept ? ["090807", "090807" + "01".repeat(253)] : ["", ""],
    );
    deepStrictEqual(records.map(({ answerLen }) => answerLen), [3, 300]);
  }
});

// Which frames are exchanges of their own; connections are told when they end.
const ALONE: readonly [verdict: VerdictName, isRecorded: boolean][] = [
  ["arp_reply", true],
  ["tcp_syn_ack", true],
  ["udp_answer", true],
  ["udp_not_recognised", true],
  ["tcp_flags", true],
  ["tcp_cookie_wrong", true],
  ["tcp_ack", false],
  ["tcp_answer", false],
  ["tcp_handshake_ack", false],
  ["ip_not_for_us", false],
  ["ethertype_unknown", false],
];

for (const [verdict, isRecorded] of ALONE) {
  const verb = isRecorded ? "records" : "leaves out";
  Deno.test(`Recorder of exchanges ${verb} ${verdict}, which is no news`, () => {
    const rig = new Rig(LISTEN.exchanges);
    rig.frame(verdict);
    const records = rig.flush() as readonly FrameRecord[];
    deepStrictEqual(records.map((it) => it.isNews), isRecorded ? [false] : []);
  });
}

Deno.test("Recorder keeps buffers for messages while frames flood it", () => {
  const rig = new Rig(LISTEN.exchanges, 4, 2);
  const { recorder } = rig;
  const flood = (frames: number): void => {
    for (let i = 0; i < frames; i++) rig.frame("tcp_syn_ack");
  };
  const frames = 10_000; // more than all four buffers hold
  flood(frames);
  const exchange = rig.exchange();
  exchange.note(0, 0, 1);
  recorder.message(0, exchange, true, 0);
  flood(frames);
  const records = rig.flush();
  const count = (wanted: AnyRecord["kind"]): number =>
    records.filter(({ kind }) => kind === wanted).length;
  strictEqual(count("message"), 1);
  strictEqual(count("frame") + recorder.dropped, 2 * frames);
  strictEqual(rig.buffers.length, 3);

  for (const buffer of rig.buffers.splice(0)) recorder.give(buffer);
  const { dropped } = recorder;
  flood(1);
  strictEqual(recorder.dropped, dropped); // there is room again
});
