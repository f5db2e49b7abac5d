import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Harness, START } from "../harness.ts";
import { lines } from "../line_protocol.ts";
import { type ClientOptions, TcpClient } from "../tcp_client.ts";
import { TcpRig } from "./tcp_rig.ts";
import { connected, freshPort, LINUX, SECOND } from "./tcp_stacks.ts";

Deno.test("Tcp answers a SYN that is sent again with the same cookie", () => {
  const client = new TcpClient(LINUX, { port: freshPort() });
  deepStrictEqual(client.send("S", "", 0), client.send("S", "", 0));
});

Deno.test("Tcp makes another cookie for everything that tells SYNs apart", () => {
  const port = freshPort();
  const options: readonly ClientOptions[] = [
    { port },
    { port: freshPort() },
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
