import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Arena } from "../../src/arena.ts";
import { DEFAULT_MSS, TcpHeader } from "../../src/wire/tcp.ts";

const AT = 4;

/** A header window on a segment of which only options and offset are said. */
function headerOf(options: string, dataOffset?: number): TcpHeader {
  const octets = Uint8Array.fromHex(options.replaceAll(" ", ""));
  const end = AT + 20 + octets.length;
  // The segment ends where memory does: reading on throws.
  const arena = new Arena(new ArrayBuffer(end));
  arena.bytes.set(octets, AT + 20);
  arena.bytes[AT + 12] = (dataOffset ?? (20 + octets.length) / 4) << 4;
  const header = new TcpHeader(arena);
  strictEqual(header.open(AT, end), true);
  return header;
}

// [data offset in words, octets available, whether the header opens]
const LENGTHS: readonly [words: number, available: number, opens: boolean][] = [
  [5, 20, true],
  [5, 19, false],
  [5, 0, false],
  [4, 60, false],
  [0, 60, false],
  [6, 23, false],
  [6, 24, true],
  [15, 60, true],
  [15, 59, false],
];

for (const [words, available, opens] of LENGTHS) {
  Deno.test(`TcpHeader.open() is ${opens} for ${words} words in ${available} octets`, () => {
    const arena = new Arena(new ArrayBuffer(AT + available));
    if (available > 12) arena.bytes[AT + 12] = words << 4;
    strictEqual(new TcpHeader(arena).open(AT, AT + available), opens);
  });
}

/** What options say, unless they say nothing. */
interface Said {
  readonly mss?: number;
  readonly windowScale?: number;
  readonly sackPermitted?: boolean;
  readonly timestamp?: number;
}

// RFC 9293 §3.2, RFC 7323 §2.2 and §3.2, RFC 2018 §2
const OPTIONS: readonly [name: string, options: string, said: Said][] = [
  ["none", "", {}],
  ["those of Linux", "020405b4 0402 080a 00000001 80000002 01 030307", {
    mss: 1460,
    sackPermitted: true,
    timestamp: 1,
    windowScale: 7,
  }],
  ["no-operations around", "0101 020405b4 0101", { mss: 1460 }],
  ["nothing behind the end", "00 020405b4 000000", {}],
  ["a segment size of 0", "02040000", {}],
  ["the largest segment size", "0204ffff", { mss: 65_535 }],
  ["the last of two", "02040100 02040200", { mss: 512 }],
  ["a scale above 14", "01 03030f", { windowScale: 14 }],
  ["a scale of 0", "01 030300", { windowScale: 0 }],
  ["an unknown option before", "fd04abcd 020405b4", { mss: 1460 }],
  ["a timestamp above 2^31", "0101 080a ffffffff 00000000", { timestamp: -1 }],
  ["a segment size of another length", "0203ff 01 020405b4", { mss: 1460 }],
  ["a scale of another length", "03040700", {}],
  ["a timestamp of another length", "0809 0000000100000000 010101 00", {}],
  ["length 0", "0500 020405b4 0000", {}],
  ["length 1", "0501 020405b4 0000", {}],
  ["a length beyond the options", "020405b4 0305 0700", { mss: 1460 }],
  ["a kind without its length", "020405b4 010101 03", { mss: 1460 }],
];

for (const [name, options, said] of OPTIONS) {
  Deno.test(`TcpHeader.readOptions() reads ${name}`, () => {
    const { mss = DEFAULT_MSS, windowScale = -1, sackPermitted = false } = said;
    const header = headerOf(options);
    header.readOptions();
    deepStrictEqual(
      [header.mss, header.windowScale, header.sackPermitted],
      [mss, windowScale, sackPermitted],
    );
    strictEqual(header.hasTimestamps, said.timestamp !== undefined);
    if (header.hasTimestamps) strictEqual(header.timestamp, said.timestamp);
  });
}

Deno.test("TcpHeader.readOptions() forgets the options of the segment before", () => {
  const arena = new Arena(new ArrayBuffer(60));
  arena.bytes.set(
    Uint8Array.fromHex("020405b40402080a000000018000000201030307"),
    20,
  );
  const header = new TcpHeader(arena);
  arena.bytes[12] = 10 << 4;
  strictEqual(header.open(0, 40), true);
  header.readOptions();
  arena.bytes[12] = 5 << 4;
  header.readOptions();
  deepStrictEqual(
    [header.mss, header.windowScale, header.sackPermitted],
    [DEFAULT_MSS, -1, false],
  );
  strictEqual(header.hasTimestamps, false);
});

Deno.test("TcpHeader.readOptions() reads no option that goes on in the payload", () => {
  const header = headerOf("0101 0204 05b4 0000", 6);
  header.readOptions();
  strictEqual(header.mss, DEFAULT_MSS);
});

Deno.test("TcpHeader takes what is behind the options for the payload", () => {
  const header = headerOf("020405b4 01020304", 6);
  strictEqual(header.payloadAt - header.at, 24);
  strictEqual(header.payloadEnd - header.at, 28);
  strictEqual(header.length, 28);
});
