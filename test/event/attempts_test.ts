import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { connStateOf } from "../../src/event/history.ts";
import { LISTEN } from "../../src/record/layout.ts";
import { TcpClient } from "../tcp_client.ts";
import { EventRig } from "./rig.ts";

const GET = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
const LISTENING = { listen: LISTEN.exchanges | LISTEN.handshakes };

/** What a client does, how it ends and what Zeek calls that. */
const ATTEMPTS: readonly {
  readonly what: string;
  readonly act: (client: TcpClient, rig: EventRig) => void;
  readonly told: readonly [
    history: string,
    state: string,
    ending: string,
    packets: readonly [number, number],
  ];
}[] = [
  {
    what: "a SYN that nothing follows, after five seconds",
    act: (client, rig) => {
      client.send("S", "", 0, 0);
      rig.tick(4999);
      deepStrictEqual(rig.encounters, []);
      rig.tick(5000);
    },
    told: ["Sh", "S1", "idle", [1, 1]],
  },
  {
    what: "a SYN that comes again",
    act: (client, rig) => {
      client.send("S", "", 0, 0);
      client.send("S", "", 0, 0);
      rig.end();
    },
    told: ["Sh", "S1", "stopped", [2, 2]],
  },
  {
    what: "a half-open scan",
    act: (client, rig) => {
      client.send("S", "", 0, 0);
      client.send("R", "", 1, 0);
      strictEqual(rig.events.length, 0); // ships what was recorded
    },
    told: ["ShR", "RSTO", "reset", [2, 1]],
  },
  {
    what: "a scan that connects",
    act: (client, rig) => {
      client.connect();
      client.send("RA", "", 1, 1);
      strictEqual(rig.events.length, 0);
    },
    told: ["ShAR", "RSTO", "reset", [3, 1]],
  },
  {
    what: "a connection that is silent for a minute",
    act: (client, rig) => {
      client.connect();
      rig.tick(59_999);
      deepStrictEqual(rig.encounters, []);
      rig.tick(60_000);
    },
    told: ["ShA", "S1", "idle", [2, 1]],
  },
  {
    what: "a FIN of no connection",
    act: (client, rig) => {
      client.send("F", "", 5, 5);
      rig.end();
    },
    told: ["F", "SH", "unanswered", [1, 0]],
  },
];

for (const { act, told, what } of ATTEMPTS) {
  Deno.test(`Attempts tells of ${what}`, () => {
    const rig = new EventRig(LISTENING);
    act(new TcpClient(rig), rig);
    deepStrictEqual(
      rig.encounters.map(({ ending, history, packetsIn, packetsOut }) => [
        history,
        connStateOf(history, true),
        ending,
        [packetsIn, packetsOut],
      ]),
      [told],
    );
    deepStrictEqual(rig.conversations, []);
  });
}

Deno.test("Attempts tells of a refused SYN", () => {
  const rig = new EventRig({ ...LISTENING, ports: "tcp/22" });
  new TcpClient(rig).send("S", "", 0, 0);
  rig.end();
  const [{ ending, history }] = rig.encounters as [
    typeof rig.encounters[number],
  ];
  strictEqual(ending, "refused");
  strictEqual(history, "Sr");
  strictEqual(connStateOf(history, true), "REJ");
});

Deno.test("Attempts says nothing of what becomes a conversation", () => {
  const rig = new EventRig(LISTENING);
  const client = new TcpClient(rig);
  client.connect();
  client.send("PA", "GET / HT"); // unanswered, and unrecorded, for long
  rig.tick(30_000);
  client.send("A", "", 1 + 8);
  rig.tick(80_000);
  client.send("R", "", 1 + 8, 1);
  rig.end();
  deepStrictEqual(rig.encounters, []);
  strictEqual(rig.conversations.length, 1);
  const [{ history, packetsIn }] = rig.conversations as [
    typeof rig.conversations[number],
  ];
  strictEqual(history, "ShADaR");
  strictEqual(packetsIn, 5);
});

Deno.test("Attempts names what it tells as events name it", () => {
  const rig = new EventRig(LISTENING);
  const client = new TcpClient(rig);
  client.connect();
  rig.tick(61_000); // given up, and yet:
  client.send("PA", GET);
  rig.end();
  strictEqual(rig.encounters[0]!.id, rig.conversations[0]!.id);
});

Deno.test("Attempts tells of a thousand a second, and counts the others", () => {
  const rig = new EventRig(LISTENING);
  const ports = 3000;
  for (let port = 1; port <= ports; port++) {
    new TcpClient(rig, { peerPort: port }).send("S", "", 0, 0);
  }
  rig.tick(1000);
  rig.end();
  strictEqual(rig.encounters.length, 1000);
  ok(rig.encounters.every(({ history }) => history === "Sh"));
  deepStrictEqual(
    rig.omitted.map(({ count, src }) => [src?.join("."), count]),
    [["192.0.2.1", 2000]],
  );
});
