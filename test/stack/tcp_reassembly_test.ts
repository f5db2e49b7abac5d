import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { Harness, START } from "../harness.ts";
import { lines } from "../line_protocol.ts";
import { show, TcpClient } from "../tcp_client.ts";
import { TcpRig } from "./tcp_rig.ts";

const HARNESS = new Harness({ protocols: [lines] });
// MSS 1460, SACK permitted, timestamps, NOP, window scale 7.
const SYN_OPTIONS = "020405b40402080a0000000a0000000001030307";

let nextPort = 1024;

function connected(): TcpClient {
  const client = new TcpClient(HARNESS, { port: nextPort++ });
  client.connect();
  return client;
}

/** Segments of the client: first sequence number, octets, and the answers. */
type Segments = readonly (readonly [number, string, readonly string[]])[];

const REORDERED: readonly (readonly [name: string, segments: Segments])[] = [
  ["two behind a gap", [
    [1, "h", ["A 1 ack 2"]],
    [3, "l", ["A 1 ack 2"]],
    [4, "lo\n", ["A 1 ack 2"]],
    [2, "e", ["PA 1:7 ack 7"]],
  ]],
  ["two behind a gap, the last first", [
    [1, "h", ["A 1 ack 2"]],
    [4, "lo\n", ["A 1 ack 2"]],
    [3, "l", ["A 1 ack 2"]],
    [2, "e", ["PA 1:7 ack 7"]],
  ]],
  ["a segment around what is kept", [
    [1, "h", ["A 1 ack 2"]],
    [4, "l", ["A 1 ack 2"]],
    [3, "llo\n", ["A 1 ack 2"]],
    [2, "e", ["PA 1:7 ack 7"]],
  ]],
  ["a segment within what is kept", [
    [1, "h", ["A 1 ack 2"]],
    [3, "llo\n", ["A 1 ack 2"]],
    [4, "l", ["A 1 ack 2"]],
    [2, "e", ["PA 1:7 ack 7"]],
  ]],
  ["a segment that fills the gap and reaches into what is kept", [
    [1, "h", ["A 1 ack 2"]],
    [4, "lo\n", ["A 1 ack 2"]],
    [2, "ell", ["PA 1:7 ack 7"]],
  ]],
  ["a segment that fills the gap and reaches beyond what is kept", [
    [1, "h", ["A 1 ack 2"]],
    [4, "l", ["A 1 ack 2"]],
    [2, "ello\n", ["PA 1:7 ack 7"]],
  ]],
  ["a gap that is filled in part", [
    [1, "h", ["A 1 ack 2"]],
    [5, "o\n", ["A 1 ack 2"]],
    [2, "e", ["A 1 ack 3"]],
    [3, "ll", ["PA 1:7 ack 7"]],
  ]],
  ["only one run, the first; the other has to come again", [
    [1, "h", ["A 1 ack 2"]],
    [3, "l", ["A 1 ack 2"]],
    [5, "o\n", ["A 1 ack 2"]],
    [2, "e", ["A 1 ack 4"]],
    [4, "lo\n", ["PA 1:7 ack 7"]],
  ]],
];

for (const [name, segments] of REORDERED) {
  Deno.test(`Tcp keeps ${name}`, () => {
    const client = connected();
    deepStrictEqual(
      segments.map(([seq, payload]) =>
        client.send("PA", payload, seq).map(show)
      ),
      segments.map(([, , answers]) => answers),
    );
  });
}

Deno.test("Tcp believes the first of two that differ", () => {
  const client = connected();
  client.send("PA", "h", 1);
  client.send("PA", "llo\n", 3);
  client.send("PA", "LLO\n", 3);
  client.seq = 7;
  client.take(client.send("PA", "e", 2));
  strictEqual(client.stream, "hello\n");
});

Deno.test("Tcp takes a FIN that comes again behind what was missing", () => {
  const client = connected();
  client.send("PA", "h", 1);
  deepStrictEqual(client.send("FPA", "lo\n", 4).map(show), ["A 1 ack 2"]);
  deepStrictEqual(client.send("PA", "el", 2).map(show), ["PA 1:7 ack 7"]);
  deepStrictEqual(client.send("FPA", "lo\n", 4, 7).map(show), ["FA 7 ack 8"]);
});

Deno.test("Tcp reads any stream, however its segments are cut, lost, repeated and mixed", () => {
  const line = fc.string({
    minLength: 1,
    maxLength: 20,
    unit: "grapheme-ascii",
  })
    .filter((text) => !/^(bye|long|skip|mute|no)\b/.test(text));
  fc.assert(fc.property(
    fc.array(line, { minLength: 1, maxLength: 30 }),
    fc.array(fc.nat(), { minLength: 8, maxLength: 64 }),
    (texts, dice) => {
      const stream = texts.map((text) => `${text}\n`).join("");
      const client = connected();
      let throws = 0;
      const roll = (sides: number): number =>
        dice[throws++ % dice.length]! % sides;
      client.seq = 1 + stream.length;
      // The first segment makes the flow; without it nothing is remembered.
      client.take(client.send("PA", stream[0], 1));
      let acked = 1;
      for (let round = 1; acked < stream.length; round++) {
        // Any segment near by; every fourth one is what is missing.
        const far = round % 4 === 0 ? 0 : roll(60);
        const last = Math.min(acked + far, stream.length - 1);
        const first = Math.max(last - roll(5), 1);
        const payload = stream.slice(first, last + 1 + roll(40));
        const answers = client.send("PA", payload, 1 + first);
        for (const { ack } of answers) acked = Math.max(acked, ack - 1);
        if (roll(4) > 0) client.take(answers);
      }
      client.take(client.send("A", "", 1 + acked)); // what was lost
      client.take(client.send("A", "", 1 + acked));
      strictEqual(client.stream, stream);
    },
  ));
});

Deno.test("Tcp says what it keeps, RFC 2018 §4", () => {
  const client = new TcpClient(HARNESS, {
    port: nextPort++,
    isn: 0x1000,
    synOptions: SYN_OPTIONS,
    options: "0101080a0000000b00000001",
  });
  client.connect();
  client.send("PA", "h");
  const [one] = client.send("PA", "l", 3);
  strictEqual(one!.options.subarray(12).toHex(), "0101050a0000100300001004");
  const [two] = client.send("PA", "lo\n", 4);
  strictEqual(two!.options.subarray(12).toHex(), "0101050a0000100300001007");
  const [all] = client.send("PA", "e", 2);
  strictEqual(all!.options.length, 12); // timestamps alone
});

Deno.test("Tcp says so only to whom it may, RFC 2018 §2", () => {
  const client = new TcpClient(HARNESS, {
    port: nextPort++,
    synOptions: "020405b40101080a0000000a0000000001030307",
    options: "0101080a0000000b00000000",
  });
  client.connect();
  client.send("PA", "h");
  const [answer] = client.send("PA", "l", 3);
  strictEqual(answer!.options.length, 12);
});

Deno.test("Tcp takes the oldest run back when there are too many", () => {
  const rig = new TcpRig(START, { ahead: 2 });
  const clients = [1, 2, 3].map((port) => {
    const client = new TcpClient(rig, { port });
    client.connect();
    client.send("PA", "h", 1);
    client.send("PA", "llo\n", 3);
    return client;
  });
  strictEqual(rig.memory.ahead.reclaimed, 1);
  deepStrictEqual(
    clients.map((client) => client.send("PA", "e", 2).map(show)),
    [[], ["PA 1:7 ack 7"], ["PA 1:7 ack 7"]], // the first is forgotten
  );
  strictEqual(rig.memory.ahead.reclaimed, 1);
});

Deno.test("Tcp keeps of a run what it has room for", () => {
  const rig = new TcpRig(START); // 64 octets
  const client = new TcpClient(rig);
  client.connect();
  client.send("PA", "h", 1);
  client.send("PA", "x".repeat(40), 3);
  client.send("PA", "x".repeat(40), 43); // does not fit
  deepStrictEqual(client.send("PA", "x", 2).map(show), ["A 1 ack 43"]);
});
