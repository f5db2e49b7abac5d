import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Arena } from "../../src/arena.ts";
import { EthernetHeader } from "../../src/wire/ethernet.ts";

const MACS = "020000000001020000000002";

// [name, what follows the addresses, type and length of tags; absent: short]
const HEADERS: readonly [
  name: string,
  rest: string,
  want?: readonly [type: number, tagsLen: number],
][] = [
  ["no tag", "0800", [0x0800, 0]],
  ["a tag", "8100 0005 86dd", [0x86dd, 4]],
  ["a service tag and another", "88a8 0005 8100 0006 0800", [0x0800, 8]],
  ["two tags of one kind", "8100 0005 8100 0006 0806", [0x0806, 8]],
  ["three tags, the third a type", "8100 0005 8100 0006 8100 0007 0800", [
    0x8100,
    8,
  ]],
  ["half a type", "08"],
  ["a tag without a type", "8100 0005"],
  ["a tag and half a type", "8100 0005 08"],
  ["half a tag", "8100 00"],
  ["two tags and half a type", "8100 0005 8100 0006 08"],
];

for (const [name, rest, want] of HEADERS) {
  Deno.test(`EthernetHeader.open() ${want ? "reads" : "refuses"} ${name}`, () => {
    const octets = Uint8Array.fromHex(MACS + rest.replaceAll(" ", ""));
    // The frame ends where memory does: reading on throws.
    const arena = new Arena(new ArrayBuffer(3 + octets.length));
    arena.bytes.set(octets, 3);
    const header = new EthernetHeader(arena);
    strictEqual(header.open(3, 3 + octets.length), want !== undefined);
    if (want === undefined) return;
    deepStrictEqual([header.type, header.tagsLen], want);
    strictEqual(header.payloadAt, 3 + 14 + header.tagsLen);
    strictEqual(header.dstHigh, 0x0200);
    strictEqual(header.dstLow, 1);
    strictEqual(header.srcIsGroup, false);
  });
}

Deno.test("EthernetHeader.open() refuses every frame shorter than a header", () => {
  for (let length = 0; length < 14; length++) {
    const arena = new Arena(new ArrayBuffer(length));
    strictEqual(new EthernetHeader(arena).open(0, length), false);
  }
});
