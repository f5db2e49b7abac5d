import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Harness, START } from "../harness.ts";
import { lines } from "../line_protocol.ts";
import { show, TcpClient } from "../tcp_client.ts";
import { CLASSIC, connected, freshPort, LINUX } from "./tcp_stacks.ts";

// Segment sizes: [MSS option, further options, largest payload]
const MSS: readonly [mss: number | undefined, options: string, max: number][] =
  [
    [1460, "", 1460],
    [9000, "", 1460],
    [1459, "", 1440],
    [1400, "", 1400],
    [536, "", 536],
    [265, "", 265], // nmap's
    [48, "", 48],
    [47, "", 48], // net.ipv4.tcp_min_snd_mss
    [0, "", 536],
    [undefined, "", 536], // RFC 9293 §3.7.1
    [1460, "0101080a0000000100000000", 1448], // RFC 6691 §3
    [48, "0101080a0000000100000000", 36],
  ];

for (const [mss, options, max] of MSS) {
  const size = mss === undefined ? "none" : String(mss);
  Deno.test(`Tcp cuts answers to ${max} for MSS ${size}${options && " and timestamps"}`, () => {
    const mssOption = mss === undefined
      ? ""
      : `0204${mss.toString(16).padStart(4, "0")}`;
    const synOptions = mssOption + options;
    const client = connected(LINUX, { synOptions, options });
    const answers = client.send("PA", "long 4000\n");
    const count = Math.ceil(4000 / max);
    deepStrictEqual(
      answers.map(({ payload }) => payload.length),
      Array.from(
        { length: count },
        (_, i) => Math.min(max, 4000 - i * max),
      ),
    );
    deepStrictEqual(
      answers.map(({ flags }) => flags),
      [...new Array<string>(count - 1).fill("A"), "PA"],
    );
    client.seq += 10;
    client.take(answers);
    strictEqual(client.stream, `${"x".repeat(3999)}\n`);
  });
}

Deno.test("Tcp cuts answers to what a packet of IPv6 can carry", () => {
  const synOptions = "02042328"; // 9,000
  const client = connected(LINUX, { version: 6, synOptions });
  const [first] = client.send("PA", "long 4000\n");
  strictEqual(first!.payload.length, 1440);
});

// Options. Values are those of a Linux kernel that answers on Ethernet.

Deno.test("Tcp (linux) echoes timestamps and scales windows that were offered", () => {
  const harness = new Harness({ protocols: [lines] });
  const synOptions = "020405b40402080a0000000a0000000001030307";
  const client = new TcpClient(harness, {
    synOptions,
    options: "0101080a0000000b00000000",
  });
  const answer = client.connect();
  const stamp = answer.options.subarray(8, 12).toHex();
  strictEqual(
    answer.options.toHex(),
    `020405b40402080a${stamp}0000000a01030307`,
  );
  strictEqual(answer.window, 65_160);

  harness.stack.tick(START + 5);
  const [first] = client.send("PA", "hello\n");
  const later = first!.options.subarray(4, 8).toHex();
  strictEqual(first!.options.toHex(), `0101080a${later}0000000b`);
  // The last bit of the SYN-ACK's is taken, as others take it for SYN cookies.
  const passed = (parseInt(later, 16) - parseInt(stamp, 16)) >>> 0;
  ok(passed === 5 || passed === 6);
  strictEqual(first!.window, 65_160 >> 7);
});

Deno.test("Tcp (linux) offers nothing that was not offered", () => {
  const client = new TcpClient(LINUX, { port: freshPort() });
  const answer = client.connect();
  strictEqual(answer.options.toHex(), "020405b4");
  strictEqual(answer.window, 64_240);
  const [first] = client.send("PA", "hello\n");
  strictEqual(first!.options.toHex(), "");
  strictEqual(first!.window, 64_240);
});

Deno.test("Tcp (classic) has neither options nor another window than 65,535", () => {
  const client = new TcpClient(CLASSIC, {
    port: freshPort(),
    synOptions: "020405b40402080a0000000a0000000001030307",
    options: "0101080a0000000b00000000",
  });
  const answers = [client.connect(), ...client.send("PA", "hello\n")];
  for (const { options, window } of answers) {
    strictEqual(options.length, 0);
    strictEqual(window, 65_535);
  }
});

// Bounds.

Deno.test("Tcp sends no more than the peer has room for, and the rest later", () => {
  const client = connected(LINUX);
  client.window = 100;
  deepStrictEqual(client.say("long 250\n"), ["A 1:101 ack 10"]);
  deepStrictEqual(client.say("", "A"), ["A 101:201 ack 10"]);
  client.window = 0;
  deepStrictEqual(client.say("", "A"), []);
  client.window = 1000;
  deepStrictEqual(client.say("", "A"), ["PA 201:251 ack 10"]);
  strictEqual(client.stream, "x".repeat(249) + "\n");
});

Deno.test("Tcp sends its FIN behind what the peer had no room for", () => {
  const client = connected(LINUX);
  client.window = 3;
  deepStrictEqual(client.say("bye\n"), ["A 1:4 ack 5"]);
  deepStrictEqual(client.say("", "A"), ["FPA 4:5 ack 5"]);
  strictEqual(client.isOver, true);
});

Deno.test("Tcp takes the window for scaled as the SYN said", () => {
  // MSS 1460, NOP, window scale 7.
  const client = connected(LINUX, { synOptions: "020405b401030307" });
  client.window = 1;
  deepStrictEqual(client.say("long 250\n"), ["A 1:129 ack 10"]);
});

Deno.test("Tcp answers pipelined requests as the peer makes room", () => {
  const client = connected(LINUX);
  const request = "long 1000\n";
  const answers = client.send("PA", request.repeat(30));
  client.seq += 30 * request.length;
  client.take(answers);
  for (let i = 0; i < 30; i++) client.take(client.send("A"));
  strictEqual(client.stream, ("x".repeat(999) + "\n").repeat(30));
});

// What the peer missed, RFC 9293 §3.8.1.

Deno.test("Tcp sends a lost part of an answer again when the peer says so", () => {
  const client = connected(LINUX, { synOptions: "020405b4" }); // MSS 1460
  const [first, second, third] = client.send("PA", "long 3000\n");
  client.seq += 10;
  client.take([first!]); // the second is lost
  deepStrictEqual(client.send("A"), []);
  const again = client.send("A"); // for the third
  deepStrictEqual(again.map(show), [second!, third!].map(show));
  client.take(again);
  strictEqual(client.stream, "x".repeat(2999) + "\n");
});

Deno.test("Tcp sends a lost FIN again when the peer repeats its own", () => {
  const client = connected(LINUX);
  client.say("hello\n");
  deepStrictEqual(client.send("FA").map(show), ["FA 7 ack 8"]); // lost
  deepStrictEqual(client.send("FA").map(show), ["FA 7 ack 8"]);
});

Deno.test("Tcp answers two requests whose answers were both lost", () => {
  const client = connected(LINUX);
  deepStrictEqual(client.send("PA", "a\n", 1, 1).map(show), ["PA 1:3 ack 3"]);
  deepStrictEqual(client.send("PA", "b\n", 3, 1).map(show), ["PA 3:5 ack 5"]);
  deepStrictEqual(client.send("PA", "a\n", 1, 1).map(show), ["PA 1:5 ack 5"]);
});

Deno.test("Tcp acknowledges a repeated request of a peer that has no room", () => {
  const client = connected(LINUX);
  client.window = 0;
  deepStrictEqual(client.send("PA", "a\n", 1, 1).map(show), ["A 1 ack 3"]);
  deepStrictEqual(client.send("PA", "a\n", 1, 1).map(show), ["A 1 ack 3"]);
  client.window = 100;
  deepStrictEqual(client.send("A", "", 3, 1).map(show), ["PA 1:3 ack 3"]);
});
