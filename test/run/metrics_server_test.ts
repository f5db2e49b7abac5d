import { match, ok, strictEqual, throws } from "node:assert/strict";
import { OperatorError } from "../../src/operator_error.ts";
import { MetricsServer } from "../../src/run/metrics_server.ts";

const HOST = { hostname: "127.0.0.1", port: 0 };
const REQUEST = "GET /metrics HTTP/1.1\r\nHost: it\r\n\r\n";

/** Says something to a server, and returns what it says until it closes. */
async function ask(
  server: MetricsServer,
  ...parts: readonly string[]
): Promise<string> {
  using connection = await Deno.connect(server.endpoint);
  for (const part of parts) {
    await connection.write(new TextEncoder().encode(part));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  let text = "";
  try {
    for await (
      const chunk of connection.readable.pipeThrough(new TextDecoderStream())
    ) text += chunk;
  } catch {
    // It did not want to hear the rest.
  }
  return text;
}

// [what is said, how the answer begins]
const REQUESTS: readonly [name: string, parts: string[], status: RegExp][] = [
  ["a request", [REQUEST], /^HTTP\/1\.1 200 OK\r\n/],
  ["one of HTTP/1.0", ["GET /metrics HTTP/1.0\r\n\r\n"], / 200 OK/],
  ["one in parts", [...REQUEST], / 200 OK/],
  ["one with a query", ["GET /metrics?a=b HTTP/1.1\r\n\r\n"], / 200 OK/],
  ["another page", ["GET / HTTP/1.1\r\n\r\n"], / 404 Not Found/],
  ["another method", ["POST /metrics HTTP/1.1\r\n\r\n"], / 405 .*\r\nAllow: /s],
  ["nonsense", ["\x16\x03\x01\r\n\r\n"], / 400 Bad Request/],
  ["too much", [`${"a".repeat(9000)}\r\n`], /^$|431/],
];

for (const [name, parts, status] of REQUESTS) {
  Deno.test(`MetricsServer answers ${name}`, async () => {
    using server = new MetricsServer(HOST, () => Promise.resolve("it 1\n"));
    const answer = await ask(server, ...parts);
    match(answer, status);
    if (!/ 200 /.test(answer)) return;
    match(answer, /\r\nContent-Type: text\/plain; version=0\.0\.4/);
    ok(answer.endsWith("\r\nConnection: close\r\n\r\nit 1\n"));
    match(answer, /\r\nContent-Length: 5\r\n/);
  });
}

Deno.test("MetricsServer takes so many connections and no more", async () => {
  using server = new MetricsServer(HOST, () => Promise.resolve("it 1\n"));
  using stack = new DisposableStack();
  const idle = [];
  for (let i = 0; i < 16; i++) {
    idle.push(stack.use(await Deno.connect(server.endpoint)));
  }
  // Accepted in order: this one is closed without an answer.
  strictEqual(await ask(server, REQUEST), "");
  for (const connection of idle) connection.closeWrite();
  let answer = "";
  while (answer === "") answer = await ask(server, REQUEST);
  match(answer, / 200 OK/);
});

Deno.test("MetricsServer says so when there is no page", async () => {
  using server = new MetricsServer(HOST, () => Promise.reject(new Error()));
  match(await ask(server, REQUEST), / 503 /);
});

Deno.test("MetricsServer says what to do when it cannot listen", () => {
  using server = new MetricsServer(HOST, () => Promise.resolve(""));
  throws(
    () => new MetricsServer(server.endpoint, () => Promise.resolve("")),
    (error) =>
      error instanceof OperatorError &&
      /^Cannot serve metrics on 127\.0\.0\.1:\d+: another program/
        .test(error.message),
  );
  throws(
    () =>
      new MetricsServer(
        { hostname: "2001:db8::1", port: 1 },
        () => Promise.resolve(""),
      ),
    /^OperatorError: Cannot serve metrics on \[2001:db8::1\]:1: this host does not have/,
  );
});
