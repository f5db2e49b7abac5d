import { strictEqual } from "node:assert/strict";
import { KEY_LEN, SipHash } from "../src/siphash.ts";

/** Little-endian words of hexadecimal octets. */
function words(hex: string): Int32Array {
  return new Int32Array(Uint8Array.fromHex(hex).buffer);
}

// Key 00 01 02 … 0f, message 00 01 02 … of that many octets, from the table of
// the reference implementation that the paper's authors published.
const PUBLISHED: readonly [length: number, octets: string][] = [
  [0, "310e0edd47db6f72"],
  [4, "b7877127e09427cf"],
  [8, "6224939a79f5f593"],
  [16, "db9bc2577fcc2a3f"],
];

for (const [length, octets] of PUBLISHED) {
  Deno.test(`SipHash.hash() is ${octets} for ${length} octets, as published`, () => {
    const count = Uint8Array.from({ length: 64 }, (_, i) => i);
    const sipHash = new SipHash(count.subarray(0, KEY_LEN));
    const low = sipHash.hash(new Int32Array(count.buffer), length / 4);
    const hash = new Uint8Array(Int32Array.of(low, sipHash.high).buffer);
    strictEqual(hash.toHex(), octets);
  });
}

// Low half of the hash of (client, us, client's port, our port), addresses
// reversed: vectors of another implementation, reference/behaviour.md TCP-27.
const TUPLES: readonly [message: string, low: number][] = [
  ["000000c0 010000c0 1060 5000", 0x2d8f7a54],
  ["000000c0 010000c0 4768 bd01", 0x8c85c302],
  ["00010203 03020100 e8fd 5000", 0xb135c77b],
];

for (const [message, low] of TUPLES) {
  Deno.test(`SipHash.hash() with key 0 agrees on ${message}`, () => {
    const sipHash = new SipHash(new Uint8Array(KEY_LEN));
    const octets = words(message.replaceAll(" ", ""));
    strictEqual(sipHash.hash(octets, octets.length) >>> 0, low);
  });
}
