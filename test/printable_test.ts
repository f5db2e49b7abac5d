import { strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { printable, quote } from "../src/printable.ts";

// [octets, text]
const ESCAPES: readonly [octets: string, text: string][] = [
  ["", ""],
  ["474554202f207e", "GET / ~"],
  ["5c783431", "\\\\x41"], // what looks like an escape is not one
  ["1b5b324a", "\\x1b[2J"], // "clear screen" to a terminal
  ["0d0a00097f", "\\x0d\\x0a\\x00\\x09\\x7f"],
  ["c29b324a", "\\xc2\\x9b2J"], // control sequence introducer of ISO 6429
  ["e280ae", "\\xe2\\x80\\xae"], // right-to-left override, U+202E
];

for (const [octets, text] of ESCAPES) {
  Deno.test(`printable() writes ${octets || "nothing"} as "${text}"`, () => {
    strictEqual(printable(Uint8Array.fromHex(octets)), text);
  });
}

Deno.test("printable() writes every octet once, as visible ASCII", () => {
  fc.assert(fc.property(fc.uint8Array({ size: "+1" }), (octets) => {
    const text = printable(octets);
    strictEqual(/^[ -~]*$/.test(text), true);
    const units = text.match(/\\\\|\\x[0-9a-f]{2}|[^\\]/g) ?? [];
    strictEqual(units.length, octets.length);
    strictEqual(units.join(""), text);
  }));
});

Deno.test("quote() keeps to its limit", () => {
  strictEqual(quote("10.0.0.1", 8), `"10.0.0.1"`);
  strictEqual(quote("10.0.0.10", 8), `"10.0.0.1..."`);
  strictEqual(quote("é", 1), `"\\xc3..."`);
});
