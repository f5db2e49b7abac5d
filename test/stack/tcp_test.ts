import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Harness, START } from "../harness.ts";
import { lines } from "../line_protocol.ts";
import { type ClientOptions, show, TcpClient } from "../tcp_client.ts";
import { AHEAD, CONVERSATIONS } from "./tcp_conversations.ts";
import { TcpRig } from "./tcp_rig.ts";
import { connected, freshPort, LINUX, PERSONAS, SECOND } from "./tcp_stacks.ts";

const VARIANTS: readonly (readonly [name: string, options: ClientOptions])[] = [
  ["IPv4", {}],
  ["IPv6", { version: 6 }],
  ["IPv4 in VLAN 7", { tci: 0x6007 }],
  ["IPv6 in VLAN 9 in VLAN 8", { version: 6, tci: 8, tags: [9] }],
];

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

Deno.test("Tcp starts afresh when a tuple comes with another first number", () => {
  const port = freshPort();
  const first = connected(LINUX, { port, isn: 1_000_000 });
  deepStrictEqual(first.say("hal"), ["A 1 ack 4"]);
  const flows = LINUX.stack.flowCount;
  const second = connected(LINUX, { port, isn: 2_000_000_000 });
  deepStrictEqual(second.say("hello\n"), ["PA 1:7 ack 7"]);
  strictEqual(LINUX.stack.flowCount, flows);
  deepStrictEqual(first.say("lo\n"), []); // the first is no more
});

Deno.test("Tcp keeps a flow that a SYN of the same tuple comes in between", () => {
  const port = freshPort();
  const client = connected(LINUX, { port });
  client.say("hel");
  strictEqual(new TcpClient(LINUX, { port, isn: 5 }).send("S").length, 1);
  deepStrictEqual(client.say("lo\n"), ["PA 1:7 ack 7"]);
});

Deno.test("Tcp keeps equal tuples in different VLANs apart", () => {
  const port = freshPort();
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
