import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { LISTEN } from "../../src/record/layout.ts";
import { complaintsAbout } from "../ecs_schema.ts";
import { START } from "../harness.ts";
import { TcpClient } from "../tcp_client.ts";
import { EventRig } from "./rig.ts";

const PORTS = 10_000;
const GET = "GET /x HTTP/1.1\r\nHost: h\r\nUser-Agent: zgrab/0.x\r\n\r\n";

/** Lets a client connect and say something. */
function converse(rig: EventRig, payload: string, port = 40_000): TcpClient {
  const client = new TcpClient(rig, { port });
  client.connect();
  client.send("PA", payload);
  return client;
}

Deno.test("Journal tells of a connection when it is closed, with its SYN", () => {
  const rig = new EventRig();
  const client = new TcpClient(rig);
  client.connect();
  rig.tick(500);
  const sent = client.send("PA", GET);
  ok(sent.length > 0);
  rig.tick(1500);
  client.send("R", "", 1 + GET.length, 1);
  const [event] = rig.events;
  strictEqual(event!.event.action, "tcp_connection");
  strictEqual(event!.event.reason, "reset");
  strictEqual(event!["@timestamp"], "2026-01-01T00:00:00.000Z");
  strictEqual(event!.event.end, "2026-01-01T00:00:01.500Z");
  strictEqual(event!.event.duration, 1_500_000_000);
  strictEqual(event!.http.request.method, "GET");
  strictEqual(event!.url.original, "/x");
  strictEqual(event!.user_agent.original, "zgrab/0.x");
  strictEqual(event!.masscanned.http.host, "h");
  strictEqual(event!.network.protocol, "http");
  strictEqual(event!.masscanned.history, "ShDdR");
  strictEqual(event!.observer.ingress.interface.name, "nic0");
  strictEqual(event!.source.mac, "02-00-00-00-00-02");
});

// [why, what happens, reason]
const ENDINGS: readonly [what: string, end: (rig: EventRig) => void, string][] =
  [
    ["a minute of silence", (rig) => rig.tick(60_000), "idle"],
    ["the end of the program", (rig) => rig.end(), "stopped"],
    [
      "another between the same ports",
      (rig) => {
        const client = new TcpClient(rig, { isn: 7 });
        client.connect();
        client.send("PA", GET);
      },
      "replaced",
    ],
  ];

for (const [what, end, reason] of ENDINGS) {
  Deno.test(`Journal tells of a connection that ends with ${what}`, () => {
    const rig = new EventRig();
    converse(rig, GET);
    deepStrictEqual(rig.conversations, []);
    end(rig);
    strictEqual(rig.events[0]!.event.reason, reason);
  });
}

for (const step of [-86_400_000, 86_400_000]) {
  Deno.test(`Journal knows how long a connection lasted when the clock is set by ${step} ms`, () => {
    const rig = new EventRig();
    const client = converse(rig, GET);
    rig.tick(1500, START + 1500 + step);
    client.send("R", "", 1 + GET.length, 1);
    const event = rig.events.find(({ event }) =>
      event.action === "tcp_connection"
    );
    strictEqual(event!.event.duration, 1_500_000_000);
    strictEqual(Date.parse(event!["@timestamp"]), START + step);
  });
}

Deno.test("Journal keeps the start of what nobody understood, and its hash", () => {
  const rig = new EventRig();
  converse(rig, "\x00\x1b]0;x\x07\xff\r\n");
  rig.end();
  const [event] = rig.events;
  deepStrictEqual(complaintsAbout(event!, "masscanned"), []);
  deepStrictEqual(event!.masscanned.payload, {
    bytes: 10,
    text: "\\x00\\x1b]0;x\\x07\\xff\\x0d\\x0a",
    base64: "ABtdMDt4B/8NCg==",
    // printf '\x00\x1b]0;x\x07\xff\r\n' | sha256sum
    sha256: SHA256,
  });
  deepStrictEqual(event!.related.hash, [SHA256]);
  strictEqual(event!.network.protocol, undefined);
});

Deno.test("Journal keeps no more than 4 KiB of a stream that nobody understands", () => {
  const rig = new EventRig();
  const client = new TcpClient(rig);
  client.connect();
  for (let i = 0; i < 20; i++) {
    const at = client.seq;
    client.send("PA", "?".repeat(1000), at);
    client.seq = at + 1000;
  }
  const [event] = rig.end();
  const { base64, bytes } = event!.masscanned.payload;
  strictEqual(atob(base64).length, 4096);
  ok(bytes >= 4096);
  strictEqual(event!.masscanned.payload_bytes.source, 20_000);
});

Deno.test("Journal tells of a scan of many ports in one event, counted", () => {
  const rig = new EventRig();
  for (let port = 0; port < PORTS; port++) {
    new TcpClient(rig, { peerPort: port, port: 50_000 }).send("S", "", 0, 0);
    if (port % 100 === 0) rig.tick(port / 100);
  }
  const events = rig.end();
  strictEqual(events.length, 1);
  const [event] = events;
  deepStrictEqual(complaintsAbout(event!, "masscanned"), []);
  strictEqual(event!.event.action, "source_summary");
  const { frames, tcp_ports } = event!.masscanned.source;
  strictEqual(tcp_ports.count, PORTS);
  strictEqual(tcp_ports.at_least, undefined);
  strictEqual(tcp_ports.first.length, 64);
  deepStrictEqual(frames, { tcp_syn_ack: PORTS });
});

Deno.test("Journal tells of a source once it has been idle for five minutes", () => {
  const rig = new EventRig();
  converse(rig, GET);
  rig.tick(60_000); // the connection is idle
  rig.tick(299_000);
  strictEqual(rig.visits.length, 0);
  rig.tick(301_000);
  strictEqual(rig.visits.length, 1);
  const [visit] = rig.visits;
  strictEqual(visit!.conversations, 1);
  deepStrictEqual(visit!.protocols, new Map([["http", 1]]));
  deepStrictEqual(rig.end().length, 2); // and no more at the end
});

Deno.test("Journal names a connection the same in all that is told of it", () => {
  const rig = new EventRig({ listen: LISTEN.everything | LISTEN.exchanges });
  const one = converse(rig, GET, 40_000);
  const other = converse(rig, GET, 40_001);
  ok(one && other);
  const events = rig.end();
  const ids = events.slice(0, 2).map((it) => it.event.id);
  for (const id of ids) match(id, /^C[0-9A-Za-z]{12}$/);
  strictEqual(new Set(ids).size, 2);
});

const SHA256 =
  "188292d702e1b771acb670c431fb13f6c0a82e85ab47188144f85bb25da27d99";
