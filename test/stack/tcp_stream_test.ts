import { ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { http } from "../../src/proto/http.ts";
import { PROTOCOLS } from "../../src/proto/mod.ts";
import { Harness } from "../harness.ts";
import { lines } from "../line_protocol.ts";
import { type Segment, TcpClient } from "../tcp_client.ts";

const LINES = new Harness({ protocols: [lines] });
const WEB = new Harness();

let clients = 0;

/** A client of a tuple of its own that has shaken hands. */
function connected(harness: Harness): TcpClient {
  const client = new TcpClient(harness, {
    port: 1024 + clients % 60_000,
    peerPort: Math.floor(clients / 60_000),
    synOptions: "020405b4",
  });
  clients++;
  client.connect();
  return client;
}

const REQUESTS = [
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "HEAD /x HTTP/1.1\nHost: a\n\n",
  "\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n\r\n\r\n!",
  "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
  "3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
  "FOO / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
];
const LAST_REQUESTS = [
  "",
  "GET / HTTP/1.0\r\n\r\n",
  "GET /\r\n",
  "GET / HTTP/1.1\r\nbad header\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
];
const cutInTwo = fc.double({ min: 0, max: 1, noNaN: true });

Deno.test("Tcp gives the same answers however a stream is cut into segments", () => {
  const whole = new Map<string, string>();
  fc.assert(fc.property(
    fc.array(fc.constantFrom(...REQUESTS), { maxLength: 4 }),
    fc.constantFrom(...LAST_REQUESTS),
    fc.oneof(fc.constant(true), fc.array(cutInTwo, { maxLength: 8 })),
    (requests, last, cuts) => {
      const stream = requests.join("") + last;
      if (!whole.has(stream)) {
        const client = connected(WEB);
        client.say(stream);
        whole.set(stream, client.stream);
      }
      const client = connected(WEB);
      for (const piece of cut(stream, cuts)) client.say(piece);
      strictEqual(client.stream, whole.get(stream));
      strictEqual(
        client.stream.split("HTTP/1.1 401 ").length - 1,
        requests.length +
          (/^$|GET \/\r|bad/.test(last) ? 0 : 1),
      );
    },
  ));
});

Deno.test("Tcp counts the messages that are answered, and no parts of them", () => {
  const harness = new Harness();
  const client = connected(harness);
  for (const request of REQUESTS) client.say(`${request}\r\n`);
  const answers = client.stream.split("HTTP/1.1 401 ").length - 1;
  strictEqual(answers, REQUESTS.length);
  strictEqual(harness.stack.answers[PROTOCOLS.indexOf(http)], answers);
});

Deno.test("Tcp gets every answer through a network that loses anything", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.constantFrom("a\n", "hello\n", "long 300\n"),
          fc.array(cutInTwo, { maxLength: 3 }),
        ),
        { minLength: 1, maxLength: 4 },
      ),
      fc.array(fc.boolean(), { maxLength: 64 }),
      fc.boolean(),
      (requests, losses, collapses) => {
        const client = connected(LINES);
        let turn = 0;
        const isLost = (): boolean => losses[turn++] ?? false;
        for (const [request, cuts] of requests) {
          talk(client, cut(request, cuts), isLost, collapses);
        }
        strictEqual(
          client.stream,
          requests.map(([request]) =>
            request.startsWith("long") ? `${"x".repeat(299)}\n` : request
          ).join(""),
        );
      },
    ),
    { numRuns: 2000 },
  );
});

/**
 * Sends a request in pieces, over a network that may lose each segment of
 * either side, and sends what is not acknowledged again, in the same pieces or
 * as one, until the answer is there. A client never has two requests on the
 * way.
 */
function talk(
  client: TcpClient,
  pieces: readonly string[],
  isLost: () => boolean,
  collapses: boolean,
): void {
  const first = client.seq;
  const request = pieces.join("");
  const end = first + request.length;
  const { ack } = client;
  let acked = first;
  client.seq = end;
  const hear = (answers: readonly Segment[]): void => {
    for (const answer of answers) {
      if (isLost()) continue;
      client.take([answer]);
      acked = Math.max(acked, answer.ack);
    }
  };
  for (let tries = 0; acked < end || client.ack === ack; tries++) {
    ok(tries < 100, `stuck: ${acked} of ${end} acknowledged`);
    if (tries > 0 && collapses) {
      const rest = request.slice(acked - first);
      if (!isLost()) hear(client.send("PA", rest, acked));
      continue;
    }
    let seq = first;
    for (const piece of pieces) {
      const isNew = seq + piece.length > acked;
      if (isNew && !isLost()) hear(client.send("PA", piece, seq));
      seq += piece.length;
    }
  }
}

/** Cuts a stream where it is told, or into octets. */
function cut(stream: string, cuts: true | readonly number[]): string[] {
  if (cuts === true) return [...stream];
  const borders = [0, ...cuts.map((cut) => Math.floor(cut * stream.length))]
    .sort((a, b) => a - b);
  return borders.map((from, i) => stream.slice(from, borders[i + 1]))
    .filter((piece) => piece !== "");
}
