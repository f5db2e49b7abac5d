import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { isPcapng, readPcapng } from "../src/pcapng_reader.ts";

// By the figures of draft-ietf-opsawg-pcapng §4: a section, an interface of
// microseconds, a block of another type, and a packet of 3 octets at
// 2023-11-14T22:13:20.007Z; then a second section, in the other order of
// octets, with an interface of nanoseconds and a packet cut to 2 of 60 octets.
const BIG = "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c" +
  "00000001 00000014 0001 0000 00040000 00000014" +
  "00000bad 00000010 12345678 00000010" +
  "00000006 00000024 00000000 00060a24 181e5b58 00000003 00000003 aabbcc00" +
  "00000024";
const LITTLE =
  "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000" +
  "01000000 20000000 0100 0000 00000400 0900 0100 09000000 0000 0000 20000000" +
  "06000000 24000000 00000000 fe9c9717 00cac471 02000000 3c000000 ddee0000" +
  "24000000";
const FRAMES = [
  { time: 1_700_000_000_007, octets: "aabbcc", isCut: false },
  { time: 1_700_000_001_000, octets: "ddee", isCut: true },
];

/** Octets of hexadecimal digits, with an octet of something else in front. */
function octets(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(`ff${hex.replaceAll(" ", "")}`).subarray(1);
}

function framesOf(file: Uint8Array<ArrayBuffer>): unknown[] {
  return [...readPcapng(file)].map((frame) => ({
    ...frame,
    octets: frame.octets.toHex(),
  }));
}

Deno.test("readPcapng() reads sections of either order of octets", () => {
  deepStrictEqual(framesOf(octets(BIG + LITTLE)), FRAMES);
  deepStrictEqual(framesOf(octets(LITTLE + BIG)), FRAMES.toReversed());
});

Deno.test("readPcapng() leaves out the block that a file ends in the middle of", () => {
  const file = octets(BIG);
  for (let length = 0; length < file.length; length++) {
    deepStrictEqual(framesOf(file.subarray(0, length)), []);
  }
});

Deno.test("readPcapng() reads a simple packet, which has no time", () => {
  const simple = "00000003 00000014 00000002 aabb0000 00000014";
  const head = BIG.slice(0, BIG.indexOf("00000bad"));
  deepStrictEqual(framesOf(octets(head + simple)), [
    { time: 0, octets: "aabb", isCut: false },
  ]);
});

// [what is wrong, file, message]
const WRONG: readonly [name: string, hex: string, message: RegExp][] = [
  ["a block without length", BIG.replace("00000014", "00000000"), /length 0/],
  ["no Ethernet", BIG.replace("14 0001", "14 0071"), /link type is 113/],
  [
    "an interface that is not there",
    BIG.replace("24 00000000", "24 00000007"),
    /its interface 7/,
  ],
  [
    "a packet longer than its block",
    BIG.replace("00000003", "00000005"),
    /too short/,
  ],
];

for (const [name, hex, message] of WRONG) {
  Deno.test(`readPcapng() refuses ${name}`, () => {
    throws(() => framesOf(octets(hex)), { name: "SyntaxError", message });
  });
}

Deno.test("readPcapng() reads a damaged file or refuses it", () => {
  const whole = octets(BIG + LITTLE);
  fc.assert(
    fc.property(
      fc.nat(whole.length - 1),
      fc.nat(255),
      (at, value) => {
        const file = whole.slice();
        file[at] = value;
        if (!isPcapng(file)) return;
        try {
          framesOf(file);
        } catch (error) {
          strictEqual((error as Error).name, "SyntaxError");
        }
      },
    ),
    { numRuns: 5000 },
  );
});
