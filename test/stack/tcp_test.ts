import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Harness, START } from "../harness.ts";
import { lines } from "../line_protocol.ts";
import {
  type ClientOptions,
  type FrameReceiver,
  show,
  TcpClient,
} from "../tcp_client.ts";
import { AHEAD, CONVERSATIONS } from "./tcp_conversations.ts";
import { TcpRig } from "./tcp_rig.ts";

const LINUX = new Harness({ protocols: [lines] });
const CLASSIC = new Harness({ protocols: [lines], persona: "classic" });
const SECOND = 1000;

let nextPort = 1024;

/** A client of a tuple of its own that has shaken hands. */
function connected(
  stack: FrameReceiver,
  options: ClientOptions = {},
): TcpClient {
  const client = new TcpClient(stack, { port: nextPort++, ...options });
  client.connect();
  return client;
}

const VARIANTS: readonly (readonly [name: string, options: ClientOptions])[] = [
  ["IPv4", {}],
  ["IPv6", { version: 6 }],
  ["IPv4 in VLAN 7", { tci: 0x6007 }],
  ["IPv6 in VLAN 9 in VLAN 8", { version: 6, tci: 8, tags: [9] }],
];
const PERSONAS = { linux: LINUX, classic: CLASSIC } as const;

for (const persona of ["linux", "classic"] as const) {
  for (const conversation of [...CONVERSATIONS, AHEAD[persona]]) {
    Deno.test(`Tcp (${persona}) ${conversation.name}`, () => {
      const harness = PERSONAS[persona];
      for (const [name, options] of VARIANTS) {
        const client = connected(harness, options);
        const flows = harness.stack.flowCount;
        const { steps, isKept = true } = conversation;
        deepStrictEqual(
          steps.map(([flags, seq, ack, payload]) =>
            client.send(flags, payload, seq, ack).map(show)
          ),
          steps.map(([, , , , answers]) => answers),
          name,
        );
        strictEqual(harness.stack.flowCount - flows, isKept ? 1 : 0, name);
      }
    });
  }
}

// Handshake.

Deno.test("Tcp remembers nothing of a SYN or an empty ACK", () => {
  const harness = new Harness({ protocols: [lines] });
  const client = connected(harness);
  strictEqual(harness.verdict, "tcp_handshake_ack");
  strictEqual(harness.stack.flowCount, 0);
  client.say("hello\n");
  strictEqual(harness.stack.flowCount, 1);
});

Deno.test("Tcp answers a SYN that is sent again with the same cookie", () => {
  const client = new TcpClient(LINUX, { port: nextPort++ });
  deepStrictEqual(client.send("S", "", 0), client.send("S", "", 0));
});

Deno.test("Tcp makes another cookie for everything that tells SYNs apart", () => {
  const port = nextPort++;
  const options: readonly ClientOptions[] = [
    { port },
    { port: nextPort++ },
    { port, peerPort: 81 },
    { port, isn: 1 },
    { port, tci: 5 },
    { port, tci: 6 },
    { port, version: 6 },
  ];
  const cookies = options.map((one) =>
    new TcpClient(LINUX, one).send("S", "", 0)[0]!.seq >>> 5
  );
  strictEqual(new Set(cookies).size, options.length);
});

// [seconds from SYN to data, whether the cookie is still good]
const AGES: readonly [age: number, isGood: boolean][] = [
  [0, true],
  [65, true],
  [132, false],
  [3600, false],
];

for (const [age, isGood] of AGES) {
  const verb = isGood ? "takes" : "refuses";
  Deno.test(`Tcp ${verb} a cookie after ${age} s, whenever it was made`, () => {
    for (let second = 0; second < 3 * 3600; second += 299) {
      const now = START + second * SECOND;
      const rig = new TcpRig(now);
      const client = connected(rig);
      rig.pass(age * SECOND);
      deepStrictEqual(client.say("a\n"), isGood ? ["PA 1:3 ack 3"] : []);
    }
  });
}

Deno.test("Stack takes a cookie across the change of its key, and no old one", () => {
  const harness = new Harness({ protocols: [lines] });
  const hour = START + 3600 * SECOND;
  harness.stack.tick(hour - 1);
  const before = connected(harness);
  harness.stack.tick(hour);
  const after = connected(harness);
  const late = connected(harness);
  harness.stack.tick(hour + 60 * SECOND);
  deepStrictEqual(before.say("a\n"), ["PA 1:3 ack 3"]);
  deepStrictEqual(after.say("a\n"), ["PA 1:3 ack 3"]);
  harness.stack.tick(hour + 140 * SECOND);
  deepStrictEqual(late.say("a\n"), []);
});

Deno.test("Stacks that share a key know each other's cookies, whenever they start", () => {
  const options = { protocols: [lines], startedAt: START };
  const old = new Harness(options);
  const hour = 3600 * SECOND;
  for (const passed of [1, hour - 1, hour, hour + 40_000, 5 * hour - 1]) {
    old.stack.tick(START + passed);
    let worker = old;
    const client = connected({
      receive: (frame, tci) => worker.receive(frame, tci),
    });
    // It dies, and another takes over.
    worker = new Harness(options);
    worker.stack.tick(START + passed + 30 * SECOND);
    deepStrictEqual(client.say("a\n"), ["PA 1:3 ack 3"], `after ${passed} ms`);
  }
});

// Reuse of ports.

Deno.test("Tcp starts afresh when a tuple comes with another first number", () => {
  const port = nextPort++;
  const first = connected(LINUX, { port, isn: 1_000_000 });
  deepStrictEqual(first.say("hal"), ["A 1 ack 4"]);
  const flows = LINUX.stack.flowCount;
  const second = connected(LINUX, { port, isn: 2_000_000_000 });
  deepStrictEqual(second.say("hello\n"), ["PA 1:7 ack 7"]);
  strictEqual(LINUX.stack.flowCount, flows);
  deepStrictEqual(first.say("lo\n"), []); // the first is no more
});

Deno.test("Tcp keeps a flow that a SYN of the same tuple comes in between", () => {
  const port = nextPort++;
  const client = connected(LINUX, { port });
  client.say("hel");
  strictEqual(new TcpClient(LINUX, { port, isn: 5 }).send("S").length, 1);
  deepStrictEqual(client.say("lo\n"), ["PA 1:7 ack 7"]);
});

Deno.test("Tcp keeps equal tuples in different VLANs apart", () => {
  const port = nextPort++;
  const vlans: readonly ClientOptions[] = [
    {},
    { tci: 5 },
    { tci: 6 },
    { tags: [7] },
    { tci: 5, tags: [6] },
    { tci: 6, tags: [5] },
  ];
  const clients = vlans.map((vlan) => connected(LINUX, { port, ...vlan }));
  clients.forEach((client, i) => client.say(`vlan ${i}`));
  clients.forEach((client) => client.say(" tagged\n"));
  deepStrictEqual(
    clients.map(({ stream }) => stream),
    clients.map((_, i) => `vlan ${i} tagged\n`),
  );
});

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
  const client = new TcpClient(LINUX, { port: nextPort++ });
  const answer = client.connect();
  strictEqual(answer.options.toHex(), "020405b4");
  strictEqual(answer.window, 64_240);
  const [first] = client.send("PA", "hello\n");
  strictEqual(first!.options.toHex(), "");
  strictEqual(first!.window, 64_240);
});

Deno.test("Tcp (classic) has neither options nor another window than 65,535", () => {
  const client = new TcpClient(CLASSIC, {
    port: nextPort++,
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

Deno.test("Tcp forgets the flow that was silent for longest when it is full", () => {
  const rig = new TcpRig(START, { flows: 3 });
  const clients = Array.from({ length: 4 }, () => connected(rig));
  const [first, second, third, fourth] = clients;
  first!.say("1");
  second!.say("2");
  third!.say("3");
  first!.say("1"); // the second is the oldest now
  deepStrictEqual(fourth!.say("4\n"), ["PA 1:3 ack 3"]);
  strictEqual(rig.memory.flows.evicted, 1);
  deepStrictEqual(second!.say("2\n"), []);
  deepStrictEqual(first!.say("1\n"), ["PA 1:5 ack 5"]);
  deepStrictEqual(third!.say("3\n"), ["PA 1:4 ack 4"]);
  // What was forgotten may begin again, while its cookie is good.
  deepStrictEqual(second!.send("PA", "222\n", 1).map(show), ["PA 1:5 ack 5"]);
});

Deno.test("Stack forgets a flow after a minute of silence", () => {
  const harness = new Harness({ protocols: [lines] });
  const client = connected(harness);
  client.say("a\n");
  harness.stack.tick(START + 59 * SECOND);
  client.say("b\n");
  harness.stack.tick(START + 118 * SECOND);
  strictEqual(harness.stack.flowCount, 1);
  harness.stack.tick(START + 119 * SECOND);
  strictEqual(harness.stack.flowCount, 0);
});

Deno.test("Stack forgets a flow on time, whatever becomes of the time of day", () => {
  for (const timeOfDay of [0, START - 1e9, START + 1e9]) {
    const harness = new Harness({ protocols: [lines] });
    connected(harness).say("a\n");
    harness.stack.tick(START + 59 * SECOND, timeOfDay);
    strictEqual(harness.stack.flowCount, 1);
    harness.stack.tick(START + 60 * SECOND, timeOfDay);
    strictEqual(harness.stack.flowCount, 0);
  }
});

Deno.test("Tcp takes the oldest buffer back when all hold unfinished requests", () => {
  const rig = new TcpRig(START, { buffers: 2 });
  const clients = Array.from({ length: 3 }, () => connected(rig));
  for (const client of clients) client.say("unfinished");
  strictEqual(rig.memory.requests.reclaimed, 1);
  const [first, second, third] = clients;
  deepStrictEqual(first!.say("\n"), []); // is not known any more
  strictEqual(second!.say("\n").length, 1);
  strictEqual(third!.say("\n").length, 1);
  strictEqual(second!.stream, "unfinished\n");
  strictEqual(third!.stream, "unfinished\n");
});

Deno.test("Tcp gives every buffer back, however a conversation ends", () => {
  const rig = new TcpRig(START, { buffers: 1 });
  const ends: readonly ((client: TcpClient) => void)[] = [
    (client) => {
      client.say("\n"); // answered, and the answer arrives
      client.send("A");
    },
    (client) => {
      client.say("", "FA");
      client.send("A");
    },
    (client) => client.send("R"),
    (client) => client.say("x".repeat(60)), // longer than a buffer
    () => rig.pass(3600 * SECOND),
  ];
  for (const end of ends) {
    const client = connected(rig);
    client.say("unfinished");
    end(client);
  }
  const last = connected(rig);
  last.say("unfin");
  last.say("ished\n");
  strictEqual(last.stream, "unfinished\n");
  strictEqual(rig.memory.requests.reclaimed, 0);
});

Deno.test("Tcp stops listening to a request longer than 8 KiB, and only to it", () => {
  const greedy = connected(LINUX);
  const other = connected(LINUX);
  other.say("mod");
  for (let length = 0; length <= 8192; length += 1024) {
    const seq = 1 + length;
    deepStrictEqual(greedy.say("x".repeat(1024)), [`A 1 ack ${seq + 1024}`]);
  }
  deepStrictEqual(greedy.say("\nhello\n"), ["A 1 ack 9224"]);
  deepStrictEqual(other.say("est\n"), ["PA 1:8 ack 8"]);
});

Deno.test("Tcp answers a request of 8 KiB in many segments", () => {
  const client = connected(LINUX);
  const line = `${"x".repeat(8191)}\n`;
  for (let at = 0; at < 8192; at += 1024) client.say(line.slice(at, at + 1024));
  strictEqual(client.stream, line);
});

// What the peer has room for, RFC 9293 §3.8.6.

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
