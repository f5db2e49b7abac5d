import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { AgingMap } from "../../src/event/aging_map.ts";
import { Pending } from "../../src/event/pending.ts";
import type { Conversation, Visit } from "../../src/event/conversation.ts";
import { Visits } from "../../src/event/visits.ts";
import { DEPTH_OF } from "../../src/record/layout.ts";
import type { FrameRecord } from "../../src/record/records.ts";
import { Recogniser } from "../../src/scanner/recogniser.ts";
import { VERDICT } from "../../src/verdict.ts";

const KEYS = "abcdef";

Deno.test("AgingMap knows its oldest entry, as a list would", () => {
  const step = fc.record({
    key: fc.constantFrom(...KEYS),
    isDeleted: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const map = new AgingMap<string, number>();
    let list: { key: string; value: number }[] = [];
    for (const [value, { isDeleted, key }] of steps.entries()) {
      list = list.filter((entry) => entry.key !== key);
      if (isDeleted) map.delete(key);
      else {
        map.set(key, value);
        list.push({ key, value });
      }
      strictEqual(map.size, list.length);
      strictEqual(map.oldest?.key, list[0]?.key);
      strictEqual(map.oldest?.value, list[0]?.value);
    }
  }));
});

Deno.test("AgingMap keeps nothing of what was deleted", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const map = new AgingMap<number, number>();
  const grownBy = (entries: number): number => {
    collect();
    const before = Deno.memoryUsage().heapUsed;
    for (let i = 0; i < entries; i++) {
      map.set(i, i);
      map.delete(i);
    }
    collect();
    return Deno.memoryUsage().heapUsed - before;
  };
  grownBy(100_000); // compiles
  const grown = grownBy(1_000_000);
  ok(grown < 200_000, `${grown} octets`); // of 1,000,000 entries
});

/** A SYN of one of very many sources. */
function syn(source: number, time: number): FrameRecord {
  const src = new Uint8Array(4);
  new DataView(src.buffer).setUint32(0, source);
  return {
    kind: "frame",
    time,
    isNews: false,
    isProof: false,
    verdict: VERDICT.tcp_syn_ack,
    depth: DEPTH_OF.transport,
    srcMac: new Uint8Array(6),
    dstMac: new Uint8Array(6),
    ethertype: 0x0800,
    vlan: 0,
    src,
    dst: Uint8Array.of(192, 0, 2, 10),
    target: new Uint8Array(),
    protocol: 6,
    srcPort: 50_000,
    dstPort: 80,
    seed: 0,
    typeCode: 2,
    seq: 0,
    ack: 0,
    sentSeq: 0,
    sentAck: 0,
    sentFlags: 0x12,
    sentLen: 44,
    packetLen: 44,
    packet: new Uint8Array(),
  };
}

Deno.test("Visits tells of few forged sources a second, and counts the others", () => {
  const visits: Visit[] = [];
  let overflow = 0;
  const all = new Visits(
    "nic0",
    new Recogniser([]),
    (visit) => visits.push(visit),
    (packets) => overflow += packets,
  );
  const sources = 100_000;
  for (let i = 0; i < sources; i++) all.frame(syn(i, 1_700_000_000_000));
  ok(all.size < sources);
  strictEqual(visits.length, 100);
  strictEqual(visits.length + overflow + all.size, sources);
  all.end();
  strictEqual(all.size, 0);
  strictEqual(visits.length + overflow, sources);
});

Deno.test("Visits wants the first packets of a second looked at, then a sample", () => {
  const all = new Visits("nic0", new Recogniser([]), () => {}, () => {});
  const looks = (time: number): number =>
    Array.from({ length: 1600 }, () => all.frame(syn(1, time)))
      .filter((isWanted) => isWanted).length;
  strictEqual(looks(1_700_000_000_000), 64 + 96);
  strictEqual(looks(1_700_000_001_000), 64 + 96);
});

Deno.test("Visits lets in who spoke however many forged sources there are", () => {
  const seen = new Set<string>();
  const all = new Visits(
    "nic0",
    new Recogniser([]),
    ({ conversations, src }) => {
      if (conversations > 0) seen.add(src.join("."));
    },
    () => {},
  );
  const time = 1_700_000_000_000;
  for (let i = 0; i < 50_000; i++) all.frame(syn(i, time));
  const frame = syn(0xc0000201, time);
  strictEqual(all.frame(frame), false); // his SYN was one of too many
  all.conversation(
    { ...frame, end: time, messages: [] } as unknown as Conversation,
    false,
  );
  all.end();
  deepStrictEqual([...seen], ["192.0.2.1"]);
});

Deno.test("Visits finds who sent most", () => {
  const all = new Visits("nic0", new Recogniser([]), () => {}, () => {});
  for (const source of [1, 2, 3, 3, 4, 2, 3]) all.frame(syn(source, 0));
  deepStrictEqual(
    all.busiest(3).map(({ packetsIn, src }) => [src[3], packetsIn]),
    [[3, 3], [2, 2], [1, 1]],
  );
});

Deno.test("Pending keeps within its bounds, and says what it lost", () => {
  let lost = 0;
  const pending = new Pending((messages) => lost += messages);
  const payload = new Uint8Array(1024);
  const message = {
    time: 0,
    protocol: undefined,
    isAnswered: false,
    requestLen: 1024,
    answerLen: 0,
    values: new Map(),
    summary: "",
    payload,
    answer: new Uint8Array(),
  };
  const count = 100_000;
  for (let i = 0; i < count; i++) pending.addMessage(`${i}`, message);
  ok(pending.octets <= 1 << 26);
  ok(lost > 0 && lost < count);
  deepStrictEqual(pending.take("0").messages, []);
  deepStrictEqual(pending.take(`${count - 1}`).messages, [message]);
  for (let i = 0; i < count; i++) pending.take(`${i}`);
  strictEqual(pending.octets, 0);
});

Deno.test("Pending keeps so many messages of a conversation, and counts all", () => {
  const pending = new Pending(() => {});
  for (let i = 0; i < 100; i++) {
    pending.addMessage("one", {
      time: i,
      protocol: "http",
      isAnswered: true,
      requestLen: 1,
      answerLen: 1,
      values: new Map([["url.original", `/${i}`]]),
      summary: "",
      payload: new Uint8Array(),
      answer: new Uint8Array(),
    });
  }
  const { messages, omitted } = pending.take("one");
  deepStrictEqual([messages.length, omitted], [32, 68]);
});
