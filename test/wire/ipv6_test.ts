import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Arena } from "../../src/arena.ts";
import { Ipv6Header } from "../../src/wire/ipv6.ts";

/** Opens a packet of these headers behind the fixed one. */
function open(nextHeader: number, rest: string, cut = 0): Ipv6Header | null {
  const octets = Uint8Array.fromHex(rest.replaceAll(" ", ""));
  const end = 40 + octets.length - cut;
  // The packet ends where memory does: reading on throws.
  const arena = new Arena(new ArrayBuffer(end));
  arena.bytes[0] = 0x60;
  arena.view.setUint16(4, octets.length);
  arena.bytes[6] = nextHeader;
  arena.bytes.set(octets.subarray(0, octets.length - cut), 40);
  const header = new Ipv6Header(arena);
  return header.open(0, end) ? header : null;
}

const HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const OPTIONS = 60;
const PAD = "00 010400000000"; // and next header and length before

// [name, next header, what follows, protocol and payload offset; absent: bad]
const PACKETS: readonly [
  name: string,
  next: number,
  rest: string,
  want?: readonly [protocol: number, payloadAt: number],
][] = [
  ["no extension", 6, "0102", [6, 40]],
  ["nothing at all", 59, "", [59, 40]],
  ["hop-by-hop options", HOP, `06 ${PAD} ff`, [6, 48]],
  ["destination options", OPTIONS, `3a ${PAD}`, [58, 48]],
  ["options of 16 octets", OPTIONS, `11 01 010c${"00".repeat(12)}`, [17, 56]],
  ["single octets of padding", OPTIONS, "06 00 000000000000", [6, 48]],
  ["an option to be skipped", OPTIONS, "06 00 1e04 deadbeef", [6, 48]],
  [
    "all that RFC 8200 §4.1 lists",
    HOP,
    `3c ${PAD} 2b ${PAD} 2c00040000000000 3c00000000000000 06 ${PAD}`,
    [6, 80],
  ],
  ["a routing header at its end", ROUTING, "06 00 04 00 00000000", [6, 48]],
  ["an atomic fragment, RFC 6946", FRAGMENT, "06 00 0000 12345678", [6, 48]],
  ["a fragment, whatever its length field", FRAGMENT, "06 ff 0000 12345678", [
    6,
    48,
  ]],

  ["hop-by-hop options not at first", OPTIONS, `00 ${PAD} 06 ${PAD}`],
  ["a routing header with a way to go", ROUTING, "06 00 04 01 00000000"],
  ["options cut off", OPTIONS, "06 00 01"],
  ["options longer than the packet", OPTIONS, `06 01 ${PAD.slice(3)}`],
  ["half a fragment header", FRAGMENT, "06 00 0000"],
  ["an option that discards", OPTIONS, "06 00 4004 deadbeef"],
  ["an option that reports", OPTIONS, "06 00 8004 deadbeef"],
  ["an option that reports to all", OPTIONS, "06 00 c204 00010000"],
  ["an option longer than its header", OPTIONS, "06 00 0105 00000000 3b"],
  ["an option without its length", OPTIONS, "06 00 0000000000 01"],
  ["nine extensions", OPTIONS, `3c ${PAD} `.repeat(8) + `06 ${PAD}`],
];

for (const [name, next, rest, want] of PACKETS) {
  Deno.test(`Ipv6Header.open() ${want ? "passes over" : "refuses"} ${name}`, () => {
    const header = open(next, rest);
    deepStrictEqual(
      header && [header.protocol, header.payloadAt],
      want ?? null,
    );
    if (header === null) return;
    strictEqual(header.isFragment, false);
    strictEqual(
      header.hasFragmentHeader,
      next === FRAGMENT || /2c00/.test(rest),
    );
  });
}

// [offset and flags, whether it is a fragment], RFC 8200 §4.5
const FRAGMENTS: readonly [field: string, isFragment: boolean][] = [
  ["0000", false],
  ["0001", true], // more to come
  ["0008", true],
  ["fff8", true],
  ["0006", false], // reserved bits
];

for (const [field, isFragment] of FRAGMENTS) {
  Deno.test(`Ipv6Header.isFragment is ${isFragment} for ${field}`, () => {
    // What follows looks like options that end too early.
    const header = open(
      FRAGMENT,
      `3c 00 ${field} 12345678 06 00 4004 00000000`,
    );
    strictEqual(header === null, !isFragment);
    if (header === null) return;
    strictEqual(header.isFragment, true);
    strictEqual(header.protocol, OPTIONS);
  });
}

Deno.test("Ipv6Header.open() refuses a packet that is cut off anywhere", () => {
  const rest = `3c ${PAD} 06 ${PAD} 0102030405060708`;
  strictEqual(open(HOP, rest)?.payloadAt, 56);
  for (let cut = 1; cut <= 24; cut++) strictEqual(open(HOP, rest, cut), null);
});
