import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { DECLINE, DONE, type Protocol } from "../../src/protocol.ts";
import { Harness, START } from "../harness.ts";
import { lines } from "../line_protocol.ts";
import { type ClientOptions, octets, show, TcpClient } from "../tcp_client.ts";

const PORT = 21;
const RUDE_PORT = 23;
const WAIT = 250; // milliseconds

const greeter: Protocol = {
  ...lines,
  greeting: {
    ports: [PORT],
    greet: ({ answer }) => {
      answer.put(octets("220 ready\r\n"));
      return DONE;
    },
  },
};
const rude: Protocol = {
  ...lines,
  greeting: { ports: [RUDE_PORT], greet: () => DECLINE },
};

/** A stack that greets, and a client that has shaken hands with it. */
function meet(
  options: ClientOptions = {},
): { harness: Harness; client: TcpClient } {
  const harness = new Harness({ protocols: [greeter, rude] });
  const client = new TcpClient(harness, { peerPort: PORT, ...options });
  client.connect();
  return { harness, client };
}

const VARIANTS: readonly (readonly [name: string, options: ClientOptions])[] = [
  ["over IPv4", {}],
  ["over IPv6", { version: 6 }],
  ["in a VLAN", { tci: 0x6007 }],
  ["in two VLANs over IPv6", { version: 6, tci: 8, tags: [9] }],
];

for (const [name, options] of VARIANTS) {
  Deno.test(`Stack greets a client that stays silent, ${name}`, () => {
    const { harness, client } = meet(options);
    deepStrictEqual(pass(harness, client, WAIT - 1), []);
    deepStrictEqual(pass(harness, client, WAIT), ["PA 1:12 ack 1"]);
    deepStrictEqual(client.say("hello\n"), ["PA 12:18 ack 7"]);
    strictEqual(client.stream, "220 ready\r\nhello\n");
    strictEqual(harness.stack.greetings, 1);
  });
}

/** Lets time pass since the start, and returns what the client is sent. */
function pass(harness: Harness, client: TcpClient, time: number): string[] {
  harness.stack.tick(START + time);
  const segments = client.read(harness.flush());
  client.take(segments);
  return segments.map(show);
}

Deno.test("Stack tells when it wants to be asked again", () => {
  const { harness } = meet();
  strictEqual(harness.stack.dueIn(START), WAIT);
  strictEqual(harness.stack.dueIn(START + 240), WAIT - 240);
  strictEqual(harness.stack.dueIn(START + 1000), 0);
  strictEqual(new Harness({}).stack.dueIn(START), Infinity);
});

// [what it does, how, what it is told instead]
const CLIENTS: readonly (readonly [string, string, string])[] = [
  ["speaks first", "PA", "hello\n"],
  ["begins to speak", "PA", "hel"],
  ["hangs up", "FA", ""],
  ["resets", "R", ""],
];

for (const [name, flags, payload] of CLIENTS) {
  Deno.test(`Stack does not greet a client that ${name}`, () => {
    const { harness, client } = meet();
    harness.stack.tick(START + 100);
    client.say(payload, flags);
    deepStrictEqual(pass(harness, client, WAIT), []);
    strictEqual(harness.stack.greetings, 0);
  });
}

Deno.test("Stack greets nobody whose cookie is wrong", () => {
  const harness = new Harness({ protocols: [greeter] });
  const client = new TcpClient(harness, { peerPort: PORT });
  client.send("A", "", 1, 1);
  strictEqual(harness.verdict, "tcp_reset_sent");
  strictEqual(harness.stack.flowCount, 0);
  deepStrictEqual(pass(harness, client, WAIT), []);
});

Deno.test("Stack greets on no other port, and not when the protocol declines", () => {
  const { harness, client } = meet({ peerPort: 80 });
  deepStrictEqual(pass(harness, client, WAIT), []);
  strictEqual(harness.stack.flowCount, 0);
  const other = meet({ peerPort: RUDE_PORT });
  deepStrictEqual(pass(other.harness, other.client, WAIT), []);
  deepStrictEqual(other.client.say("hello\n"), ["PA 1:7 ack 7"]);
});

Deno.test("Stack greets again, ever more seldom, who does not acknowledge it", () => {
  const { harness, client } = meet();
  const times: number[] = [];
  for (let time = 0; time < 60_000; time += WAIT) {
    harness.stack.tick(START + time);
    for (const segment of client.read(harness.flush())) {
      strictEqual(show(segment), "PA 1:12 ack 1");
      times.push(time / WAIT);
    }
  }
  deepStrictEqual(times, [1, 2, 3, 5, 9, 17]);
});

Deno.test("Stack greets once who acknowledges it", () => {
  const { harness, client } = meet();
  pass(harness, client, WAIT);
  client.send("A");
  deepStrictEqual(pass(harness, client, 10_000), []);
});

Deno.test("Stack lets so many clients wait for its greeting, and greets others at once", () => {
  const harness = new Harness({ protocols: [greeter] });
  for (let port = 1; port <= 2048; port++) {
    new TcpClient(harness, { peerPort: PORT, port }).connect();
  }
  strictEqual(harness.stack.greetingsHastened, 0);
  const early: Uint8Array[] = []; // what comes with the handshake's end
  const last = new TcpClient({
    receive: (frame) => {
      const answers = harness.receive(frame);
      if (harness.verdict === "tcp_syn_ack") return answers;
      early.push(...answers);
      return [];
    },
  }, { peerPort: PORT, port: 2049 });
  last.connect();
  deepStrictEqual(last.read(early).map(show), ["PA 1:12 ack 1"]);
  strictEqual(harness.stack.greetingsHastened, 1);
  harness.stack.tick(START + WAIT);
  strictEqual(harness.flush().length, 2048);
});
