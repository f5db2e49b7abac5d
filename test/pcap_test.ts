import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { pcapHeader, pcapRecord, readPcap } from "../src/pcap.ts";

// The same capture in every octet order and resolution: a whole frame at
// 2023-11-14T22:13:20.007Z, and one of which 2 of 60 octets were kept.
const FILES: readonly [name: string, hex: string][] = [
  [
    "little-endian microseconds",
    "d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000" +
    "00f15365 581b0000 03000000 03000000 aabbcc" +
    "01f15365 00000000 02000000 3c000000 ddee",
  ],
  [
    "big-endian microseconds",
    "a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001" +
    "6553f100 00001b58 00000003 00000003 aabbcc" +
    "6553f101 00000000 00000002 0000003c ddee",
  ],
  [
    "little-endian nanoseconds",
    "4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000" +
    "00f15365 c0cf6a00 03000000 03000000 aabbcc" +
    "01f15365 00000000 02000000 3c000000 ddee",
  ],
  [
    "big-endian nanoseconds and checksum length",
    "a1b23c4d 0002 0004 00000000 00000000 00040000 50000001" +
    "6553f100 006acfc0 00000003 00000003 aabbcc" +
    "6553f101 00000000 00000002 0000003c ddee",
  ],
];
const FRAMES = [
  { time: 1_700_000_000_007, octets: "aabbcc", isCut: false },
  { time: 1_700_000_001_000, octets: "ddee", isCut: true },
];

/** Octets of hexadecimal digits, with an octet of something else in front. */
function octets(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(`ff${hex.replaceAll(" ", "")}`).subarray(1);
}

/** Frames of a file, their octets as hexadecimal digits. */
function framesOf(file: Uint8Array<ArrayBuffer>): unknown[] {
  return [...readPcap(file)].map(({ time, octets, isCut }) => ({
    time,
    octets: octets.toHex(),
    isCut,
  }));
}

for (const [name, hex] of FILES) {
  Deno.test(`readPcap() reads ${name}`, () => {
    deepStrictEqual(framesOf(octets(hex)), FRAMES);
  });

  Deno.test(`readPcap() leaves out what is cut off of ${name}`, () => {
    const file = octets(hex);
    for (let length = 24; length < file.length; length++) {
      const whole = length < 24 + 16 + 3 ? 0 : 1;
      deepStrictEqual(
        framesOf(file.subarray(0, length)),
        FRAMES.slice(0, whole),
      );
    }
  });
}

const HEADER = FILES[0]![1].slice(0, 53).replaceAll(" ", "");

// [what is wrong, file, message]
const WRONG: readonly [name: string, hex: string, message: RegExp][] = [
  ["an empty file", "", /too short/],
  ["half a header", HEADER.slice(0, 46), /too short/],
  ["another file", "00".repeat(24), /not a capture/],
  ["no Ethernet", `${HEADER.slice(0, 40)}71000000`, /link type is 113/],
];

for (const [name, hex, message] of WRONG) {
  Deno.test(`readPcap() refuses ${name}`, () => {
    throws(() => [...readPcap(octets(hex))], { name: "SyntaxError", message });
  });
}

Deno.test("pcapHeader() and pcapRecord() write what is in the specification", () => {
  const records = [
    pcapHeader(),
    pcapRecord(1_700_000_000_007, octets("aabbcc")),
  ];
  strictEqual(
    records.map((record) => record.toHex()).join(""),
    FILES[0]![1].replaceAll(" ", "").slice(0, 2 * (24 + 16 + 3)),
  );
});

// [milliseconds, seconds, microseconds]
const TIMES: readonly [time: number, seconds: number, fraction: number][] = [
  [0, 0, 0],
  [999.9999, 1, 0], // rounds up into the next second
  [1_700_000_000_123.456, 1_700_000_000, 123_456],
  [4_294_967_295_999, 4_294_967_295, 999_000],
];

for (const [time, seconds, fraction] of TIMES) {
  Deno.test(`pcapRecord() writes ${time} ms as ${seconds} s ${fraction} µs`, () => {
    const view = new DataView(pcapRecord(time, octets("")).buffer);
    strictEqual(view.getUint32(0, true), seconds);
    strictEqual(view.getUint32(4, true), fraction);
  });
}
