import { strictEqual } from "node:assert/strict";
import { Arena } from "../src/arena.ts";
import { Writer } from "../src/writer.ts";
import { octets, text } from "./tcp_client.ts";

/** A writer on 8 octets in the middle of an arena of dots. */
function makeWriter(): { writer: Writer; all: () => string } {
  const arena = new Arena(new ArrayBuffer(16));
  arena.bytes.set(octets(".".repeat(16)));
  const writer = new Writer(arena, 4, 12);
  return { writer, all: () => text(arena.bytes) };
}

Deno.test("Writer.put() appends up to the last octet", () => {
  const { writer, all } = makeWriter();
  writer.put(octets("abc"));
  writer.put(octets(""));
  writer.put(octets("defgh"));
  strictEqual(all(), "....abcdefgh....");
  strictEqual(writer.at, 4);
  strictEqual(writer.end, 12);
  strictEqual(writer.overflowed, false);
});

Deno.test("Writer.put() writes nothing of what does not fit, and says so", () => {
  const { writer, all } = makeWriter();
  writer.put(octets("abc"));
  writer.put(octets("defghi"));
  strictEqual(all(), "....abc.........");
  strictEqual(writer.end, 7);
  strictEqual(writer.overflowed, true);
  writer.put(octets("d"));
  strictEqual(writer.overflowed, true); // something is missing all the same
});

Deno.test("Writer.clear() starts again", () => {
  const { writer, all } = makeWriter();
  writer.put(octets("123456789"));
  writer.clear();
  strictEqual(writer.overflowed, false);
  strictEqual(writer.end, 4);
  writer.put(octets("x"));
  strictEqual(all(), "....x...........");
});

Deno.test("Writer appends numbers in network order, and pieces of the arena", () => {
  const { writer, all } = makeWriter();
  writer.putUint8(0x161);
  writer.putUint16(0x6263);
  writer.putUint32(0x64656667);
  writer.copy(4, 5);
  writer.copy(4, 4);
  strictEqual(all(), "....abcdefga....");
  strictEqual(writer.overflowed, false);
});

for (
  const [name, append] of [
    ["putUint8", (writer: Writer) => writer.putUint8(0)],
    ["putUint16", (writer: Writer) => writer.putUint16(0)],
    ["putUint32", (writer: Writer) => writer.putUint32(0)],
    ["copy", (writer: Writer) => writer.copy(4, 5)],
  ] as const
) {
  Deno.test(`Writer.${name}() writes nothing of what does not fit`, () => {
    const { writer, all } = makeWriter();
    writer.put(octets("12345678"));
    append(writer);
    strictEqual(all(), "....12345678....");
    strictEqual(writer.end, 12);
    strictEqual(writer.overflowed, true);
  });
}

Deno.test("Writer.putUint16Le() and putUint32Le() put the last octet first", () => {
  const { writer, all } = makeWriter();
  writer.putUint16Le(0x15362); // one bit too many
  writer.putUint32Le(0x66656463);
  strictEqual(all(), "....bScdef......");
  writer.putUint32Le(0);
  strictEqual(writer.overflowed, true);
});

Deno.test("Writer.aside() sets room apart that the answer leaves alone", () => {
  const { writer } = makeWriter();
  writer.put(octets("abc"));
  strictEqual(writer.aside(3), 9);
  strictEqual(writer.end, 7);
  strictEqual(writer.aside(3), -1);
  strictEqual(writer.aside(2), 7);
  writer.put(octets("d"));
  strictEqual(writer.overflowed, true);
  writer.clear();
  strictEqual(writer.aside(8), 4);
});
