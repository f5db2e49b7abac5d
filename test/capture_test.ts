import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Arena } from "../src/arena.ts";
import { Capture, CAPTURE_BUFFER_LEN } from "../src/capture.ts";
import { Outbox } from "../src/outbox.ts";
import { captureHeader, captureTrailer } from "../src/pcapng.ts";
import { readPcapng } from "../src/pcapng_reader.ts";
import { CaptureComments } from "../src/sink/capture_comments.ts";
import { NO_TAG, vlanTag } from "../src/stack/link.ts";
import { CAPTURES } from "./captures.ts";
import { judged, tshark } from "./tshark.ts";

const MAC = Uint8Array.fromHex("02005e1000fb");
const INTERFACES = [{ name: "eth0", mac: MAC }, { name: "eth1", mac: MAC }];
const SECONDS = 1_700_000_000;
const MEMORY = 1 << 20;
const SLOT_LEN = 2048;

/** A capture of the second interface, and memory for frames. */
class Rig {
  readonly arena = new Arena(new ArrayBuffer(MEMORY), MEMORY / 2);
  readonly outbox = new Outbox(this.arena, 4, SLOT_LEN, () => {});
  readonly blocks: Uint8Array<ArrayBuffer>[] = [];
  readonly #comments = new CaptureComments();
  readonly capture = new Capture(this.arena, 1, (buffer, length) => {
    const blocks = new Uint8Array(buffer.slice(0, length));
    this.#comments.fill(blocks);
    this.blocks.push(blocks);
    this.capture.give(buffer);
  });

  constructor(buffers = 1) {
    for (let i = 0; i < buffers; i++) {
      this.capture.give(new ArrayBuffer(CAPTURE_BUFFER_LEN));
    }
  }

  receive(frame: Uint8Array, tag = NO_TAG, wholeLen = frame.length): void {
    this.arena.bytes.set(frame, 1); // at an odd place
    this.capture.received(1, 1 + frame.length, wholeLen, tag);
  }

  send(frame: Uint8Array): void {
    this.arena.bytes.set(frame, this.outbox.freeAt);
    this.outbox.push(this.outbox.freeAt + frame.length);
    this.capture.sent(this.outbox);
    this.outbox.flush();
  }

  /** The whole file. */
  finish(): Uint8Array<ArrayBuffer> {
    this.capture.flush();
    const statistics = { start: 0, end: 1e12, received: 7, dropped: 2 };
    const parts = [
      captureHeader("masscanned test", INTERFACES),
      ...this.blocks,
      captureTrailer([statistics, statistics]),
    ];
    return Uint8Array.from(parts.flatMap((part) => [...part]));
  }
}

/** What tshark prints of a file, a list of values for each frame. */
async function fieldsOf(
  file: Uint8Array<ArrayBuffer>,
  ...fields: readonly string[]
): Promise<string[][]> {
  const text = await tshark(
    file,
    ...["--enable-protocol", "communityid", "-T", "fields"],
    ...fields.flatMap((field) => ["-e", field]),
  );
  return text.split("\n").filter((line) => line !== "")
    .map((line) => line.split("\t"));
}

// Frames that fit a slot, from every capture that there is.
const FRAMES = CAPTURES.flatMap(({ frames }) => frames)
  .map(({ octets }) => octets).filter(({ length }) => length <= SLOT_LEN);

judged(
  "Capture comments on a packet with its Community ID, as tshark has it",
  async () => {
    const rig = new Rig();
    for (const frame of FRAMES) rig.receive(frame);
    const fields = await fieldsOf(
      rig.finish(),
      "communityid",
      "frame.comment",
      "ip.version",
      "ipv6.version",
    );
    strictEqual(fields.length, FRAMES.length);
    const flows = new Set<string>();
    for (const [theirs, ours, ...versions] of fields) {
      strictEqual(ours !== "", versions.some((version) => version !== ""));
      if (theirs !== "") strictEqual(ours, theirs);
      if (theirs !== "") flows.add(theirs!);
    }
    ok(flows.size > 20, `${flows.size} flows`);
  },
);

judged("Capture says when, where and which way a frame went", async () => {
  const rig = new Rig();
  const frame = FRAMES[0]!;
  rig.capture.setTime(SECONDS, 7);
  rig.receive(frame);
  rig.capture.setTime(SECONDS, 999_999_999);
  rig.send(frame);
  rig.capture.setTime(2 ** 32 - 1 | 0, 0);
  rig.receive(frame.subarray(0, 20), NO_TAG, 1514);
  const fields = [
    "frame.time_epoch",
    "frame.interface_name",
    "frame.packet_flags_direction",
    "frame.cap_len",
    "frame.len",
  ];
  const length = String(frame.length);
  deepStrictEqual(await fieldsOf(rig.finish(), ...fields), [
    ["1700000000.000000007", "eth1", "0x00000001", length, length],
    ["1700000000.999999999", "eth1", "0x00000002", length, length],
    ["4294967295.000000000", "eth1", "0x00000001", "20", "1514"],
  ]);
});

judged("Capture puts a VLAN tag back that came beside the frame", async () => {
  const rig = new Rig();
  rig.receive(FRAMES[0]!, vlanTag(0x2064));
  const [fields] = await fieldsOf(
    rig.finish(),
    "vlan.id",
    "vlan.priority",
    "frame.len",
  );
  deepStrictEqual(fields, ["100", "1", String(FRAMES[0]!.length + 4)]);
});

Deno.test("Capture keeps every octet of every frame", () => {
  const rig = new Rig();
  for (const [i, frame] of FRAMES.entries()) {
    if (i % 2) rig.send(frame);
    else rig.receive(frame);
  }
  const read = [...readPcapng(rig.finish())].map(({ octets }) => octets);
  deepStrictEqual(read.map((it) => it.toHex()), FRAMES.map((it) => it.toHex()));
});

Deno.test("Capture writes any octets as whole blocks", () => {
  const rig = new Rig();
  let state = 7;
  for (let length = 0; length < 400; length++) {
    const frame = Uint8Array.from({ length }, () => {
      state = Math.imul(state, 1_103_515_245) + 12_345;
      return state >>> 16;
    });
    for (const type of [0x0800, 0x86dd, 0x8100]) {
      if (length >= 15) frame.set([type >> 8, type & 0xff, 0x45], 12);
      rig.receive(frame, length % 3 ? NO_TAG : vlanTag(1));
    }
  }
  strictEqual([...readPcapng(rig.finish())].length, 1200);
});

Deno.test("Capture leaves out frames for want of a buffer, and counts them", () => {
  const rig = new Rig(0);
  rig.receive(FRAMES[0]!);
  rig.receive(FRAMES[0]!);
  rig.capture.give(new ArrayBuffer(CAPTURE_BUFFER_LEN));
  rig.receive(FRAMES[0]!);
  strictEqual([...readPcapng(rig.finish())].length, 1);
  deepStrictEqual([rig.capture.seen, rig.capture.dropped], [3, 2]);
});

Deno.test("Capture cuts a frame that is longer than a buffer", () => {
  const rig = new Rig();
  rig.receive(new Uint8Array(MEMORY / 2 - 1));
  const [frame] = [...readPcapng(rig.finish())];
  ok(frame!.isCut && frame!.octets.length > 200_000);
});

Deno.test("Capture allocates less than an octet a frame", () => {
  const rig = new Rig();
  const frame = FRAMES.find(({ length }) => length > 60)!;
  rig.arena.bytes.set(frame, 1);
  rig.arena.bytes.set(frame, rig.outbox.freeAt);
  rig.outbox.ends[0] = rig.outbox.freeAt + frame.length;
  rig.outbox.count = 1;
  let second = SECONDS;
  const write = (count: number): void => {
    for (let i = 0; i < count; i++) {
      rig.capture.setTime(second++, i);
      rig.capture.received(1, 1 + frame.length, frame.length, NO_TAG);
      rig.capture.sent(rig.outbox);
    }
  };
  write(100_000);
  let grown = Infinity;
  for (let round = 0; round < 4; round++) {
    rig.blocks.length = 0;
    const before = Deno.memoryUsage().heapUsed;
    write(50_000);
    grown = Math.min(grown, Deno.memoryUsage().heapUsed - before);
  }
  // Buffers shipped: two views and a copy's object each.
  ok(grown < 100_000, `heap grew by ${grown} octets over 100,000 frames`);
});
