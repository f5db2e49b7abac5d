import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Translations } from "../src/address/translation.ts";
import { Arena } from "../src/arena.ts";
import { linux } from "../src/persona/linux.ts";
import { Exchange, NOTES_MAX, TCP } from "../src/protocol.ts";
import { FrameFacts } from "../src/record/facts.ts";
import {
  BUFFER_LEN,
  DEPTH_OF,
  LISTEN,
  type Listen,
  NO_PROTOCOL,
  PACKET,
} from "../src/record/layout.ts";
import { Recorder } from "../src/record/recorder.ts";
import {
  type AnyRecord,
  type FrameRecord,
  type MessageRecord,
  readRecords,
} from "../src/record/records.ts";
import { KEY_LEN, SipHash } from "../src/siphash.ts";
import { VERDICT, type VerdictName, VERDICTS } from "../src/verdict.ts";
import { Writer } from "../src/writer.ts";

const NOW = 1_700_000_000_007;
const TOLD_A_SECOND = 20;

/** A recorder, and all records that it shipped, copied. */
class Rig {
  readonly arena = new Arena(new ArrayBuffer(8192));
  readonly recorder: Recorder;
  readonly records: AnyRecord[] = [];
  readonly buffers: ArrayBuffer[] = [];

  constructor(level: Listen, buffers = 1, reserve = 0) {
    this.recorder = new Recorder(this.arena.bytes, level, (buffer, length) => {
      this.buffers.push(buffer);
      this.records.push(...readRecords(buffer.slice(0), length));
    }, reserve);
    for (let i = 0; i < buffers; i++) {
      this.recorder.give(new ArrayBuffer(BUFFER_LEN));
    }
    this.recorder.tick(NOW);
  }

  /** Shows the recorder a frame as the stack does. */
  frame(verdict: VerdictName, facts = new FrameFacts()): void {
    if (this.recorder.wantsFrame(VERDICT[verdict], false)) {
      this.recorder.frame(VERDICT[verdict], facts);
    }
  }

  exchange(answerMax = 0): Exchange {
    const exchange = new Exchange(
      this.arena,
      new Writer(this.arena, 0, answerMax),
      linux,
      new SipHash(new Uint8Array(KEY_LEN)),
      new Translations(),
    );
    exchange.listening = true;
    return exchange;
  }

  flush(): readonly AnyRecord[] {
    this.recorder.flush();
    return this.records;
  }
}

for (const addressLen of [4, 16]) {
  Deno.test(`readRecords() reads what frame() wrote, addresses of ${addressLen} octets`, () => {
    const rig = new Rig(LISTEN.everything | LISTEN.exchanges);
    rig.arena.bytes.set(Array.from({ length: 240 }, (_, i) => i));
    const facts: FrameFacts = {
      depth: DEPTH_OF.transport,
      macsAt: 1,
      ethertype: 0x86dd,
      vlan: 0xfff_ffe,
      addressLen,
      srcAt: 20,
      dstAt: 40,
      targetAt: 60,
      protocol: 58,
      srcPort: 65_535,
      dstPort: 1,
      typeCode: 135 << 8,
      seq: -1,
      ack: -0x80000000,
      sentSeq: 0x7fffffff,
      sentAck: 1,
      sentFlags: 0x12,
      sentLen: 72,
      seed: -2,
      packetAt: 100,
      packetEnd: 231,
    };
    rig.frame("neighbor_advertisement", facts);
    const octets = (at: number, length: number): Uint8Array =>
      Uint8Array.from({ length }, (_, i) => at + i);
    const expected: FrameRecord = {
      kind: "frame",
      time: NOW,
      isNews: true,
      isProof: false,
      verdict: VERDICT.neighbor_advertisement,
      depth: DEPTH_OF.transport,
      dstMac: octets(1, 6),
      srcMac: octets(7, 6),
      ethertype: 0x86dd,
      vlan: 0xfff_ffe,
      src: octets(20, addressLen),
      dst: octets(40, addressLen),
      target: octets(60, 16),
      protocol: 58,
      srcPort: 65_535,
      dstPort: 1,
      typeCode: 135 << 8,
      seq: 0xffffffff,
      ack: 0x80000000,
      sentSeq: 0x7fffffff,
      sentAck: 1,
      sentFlags: 0x12,
      sentLen: 72,
      seed: -2,
      packetLen: 131,
      packet: octets(100, 128),
    };
    const [record] = rig.flush() as readonly FrameRecord[];
    const names = Object.keys(expected) as (keyof FrameRecord)[];
    deepStrictEqual(
      Object.fromEntries(names.map((name) => [name, record![name]])),
      expected,
    );
  });
}

Deno.test("readRecords() finds no addresses in a frame without", () => {
  const rig = new Rig(LISTEN.everything);
  rig.frame("ethertype_unknown");
  const [record] = rig.flush() as readonly FrameRecord[];
  strictEqual(record!.src.length, 0);
  strictEqual(record!.dst.length, 0);
  strictEqual(record!.target.length, 0);
});

Deno.test("readRecords() reads what message() wrote, long notes cut", () => {
  const rig = new Rig(LISTEN.answers);
  rig.arena.bytes.set(new Uint8Array(4096).map((_, i) => i));
  const exchange = rig.exchange();
  exchange.transport = TCP;
  exchange.peerAt = 12;
  exchange.dstAt = 16;
  exchange.peerPort = 50_000;
  exchange.selfPort = 80;
  exchange.note(2, 300, 303);
  exchange.note(0, 5, 5);
  exchange.note(1, 0, 1025);
  exchange.at = 7;
  exchange.end = 107;
  exchange.next = 57;
  exchange.seed = 9;
  rig.recorder.message(3, exchange, true, 0);
  deepStrictEqual(rig.flush(), [{
    kind: "message",
    time: NOW,
    isNews: true,
    application: 3,
    isAnswered: true,
    requestLen: 50,
    answerLen: 0,
    protocol: 6,
    vlan: 0,
    seed: 9,
    src: Uint8Array.of(12, 13, 14, 15),
    dst: Uint8Array.of(16, 17, 18, 19),
    srcPort: 50_000,
    dstPort: 80,
    notes: [
      [2, Uint8Array.of(44, 45, 46)],
      [0, new Uint8Array()],
      [1, new Uint8Array(1024).map((_, i) => i)],
    ],
    payload: new Uint8Array(),
    answer: new Uint8Array(),
  }]);
});

Deno.test("Exchange.note() notes so many and no more, and none unasked", () => {
  const rig = new Rig(LISTEN.answers);
  const exchange = rig.exchange();
  for (let i = 0; i <= NOTES_MAX; i++) exchange.note(i, 0, 2000);
  strictEqual(exchange.noteCount, NOTES_MAX);
  rig.recorder.message(0, exchange, true, 0);
  const [record] = rig.flush() as readonly MessageRecord[];
  strictEqual(record!.notes.length, NOTES_MAX);

  exchange.listening = false;
  exchange.noteCount = 0;
  exchange.note(0, 0, 1);
  strictEqual(exchange.noteCount, 0);
});

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
