import { strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { ipText, macText } from "../../src/address/text.ts";

Deno.test("macText() writes every octet with two digits", () => {
  strictEqual(
    macText(Uint8Array.fromHex("eac0d6200c0a")),
    "ea:c0:d6:20:0c:0a",
  );
});

// [octets, text], RFC 5952 §4
const ADDRESSES: readonly [octets: string, text: string][] = [
  ["c0000200", "192.0.2.0"],
  ["00000000", "0.0.0.0"],
  ["00000000000000000000000000000000", "::"],
  ["00000000000000000000000000000001", "::1"],
  ["20010db8000000000000000000000000", "2001:db8::"],
  ["20010db8000000000000000000020001", "2001:db8::2:1"], // §4.2.1
  ["20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"], // §4.2.2
  ["20010000000000010000000000000001", "2001:0:0:1::1"], // §4.2.3, the longer
  ["20010db8000000000001000000000001", "2001:db8::1:0:0:1"], // …, the first
  ["00100000000000000000000000000100", "10::100"], // whole groups only
  ["ABCD0123000a00000000000000000000", "abcd:123:a::"],
];

for (const [octets, text] of ADDRESSES) {
  Deno.test(`ipText() writes ${octets} as ${text}`, () => {
    // An octet in front of it must not matter.
    strictEqual(ipText(Uint8Array.fromHex(`ff${octets}`).subarray(1)), text);
  });
}

Deno.test("ipText() agrees with the URL parser about every address", () => {
  const group = fc.oneof(fc.constant(0), fc.constant(0x10), fc.nat(0xffff));
  fc.assert(
    fc.property(
      fc.array(group, { minLength: 8, maxLength: 8 }),
      (groups) => {
        const octets = groups.flatMap((group) => [group >> 8, group & 0xff]);
        const full = groups.map((group) => group.toString(16)).join(":");
        const { hostname } = new URL(`http://[${full}]/`);
        strictEqual(`[${ipText(Uint8Array.from(octets))}]`, hostname);
      },
    ),
    { numRuns: 1000 },
  );
});
