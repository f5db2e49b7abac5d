import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { NOTES_MAX, TCP } from "../../src/protocol.ts";
import { FrameFacts } from "../../src/record/facts.ts";
import { DEPTH_OF, LISTEN } from "../../src/record/layout.ts";
import {
  type FrameRecord,
  type MessageRecord,
} from "../../src/record/records.ts";
import { VERDICT } from "../../src/verdict.ts";
import { NOW, Rig } from "./rig.ts";

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
