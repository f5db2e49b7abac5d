import { deepStrictEqual, match } from "node:assert/strict";
import { parseAnswers } from "./answer.ts";
import { lab, Masscanned, OURS, OURS_6, succeed, until } from "./lab.ts";

const GET = "GET /one HTTP/1.1\r\nHost: a\r\n\r\n";
const HEAD = "HEAD /two HTTP/1.1\r\nHost: a\r\n\r\n";
const POST = "POST /three HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
const LAST = "GET /four HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/** Reads to the end of what the other side sends. */
async function readAll(connection: Deno.Conn): Promise<string> {
  return await new Response(connection.readable).text();
}

async function writeAll(connection: Deno.Conn, text: string): Promise<void> {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(await connection.write(rest));
}

async function connect(hostname: string, port: number): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname, port });
  connection.setNoDelay();
  return connection;
}

for (const hostname of [OURS, OURS_6]) {
  lab(`requests in one segment to ${hostname}`, [], async () => {
    await using _masscanned = await Masscanned.start();
    const connection = await connect(hostname, 80);
    await writeAll(connection, GET + HEAD + POST + LAST);
    const said = await readAll(connection);
    const answers = parseAnswers(said, "GET", "HEAD", "POST", "GET");
    deepStrictEqual(answers.length, 4, said);
    for (const { status } of answers) match(status, /^HTTP\/1\.1 401 /);
  });

  lab(`requests octet by octet to ${hostname}`, [], async () => {
    await using _masscanned = await Masscanned.start();
    const connection = await connect(hostname, 8080);
    for (const octet of new TextEncoder().encode(GET + POST + LAST)) {
      await connection.write(Uint8Array.of(octet));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const said = await readAll(connection);
    deepStrictEqual(parseAnswers(said).length, 3, said);
  });
}

lab("large bodies are read to their ends", [], async () => {
  await using _masscanned = await Masscanned.start();
  const body = "b".repeat(200_000);
  const counted =
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n${body}`;
  const chunk = `${body.length.toString(16)}\r\n${body}\r\n`;
  const inChunks =
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
    `${chunk.repeat(3)}0\r\n\r\n`;
  const connection = await connect(OURS, 80);
  // Reads meanwhile, since an answer need not wait for the body.
  const [said] = await Promise.all([
    readAll(connection),
    writeAll(connection, counted + inChunks + LAST),
  ]);
  deepStrictEqual(parseAnswers(said).length, 3, said);
});

lab("HTTP/1.0 is answered and hung up on", [], async () => {
  await using _masscanned = await Masscanned.start();
  const connection = await connect(OURS, 80);
  await writeAll(connection, "GET / HTTP/1.0\r\n\r\n");
  deepStrictEqual(parseAnswers(await readAll(connection)).length, 1);
});

lab("what no protocol knows is acknowledged only", [], async () => {
  await using masscanned = await Masscanned.start();
  using connection = await connect(OURS, 31337);
  await connection.write(Uint8Array.of(0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0));
  await masscanned.says("WARN - SYN-ACK to ACK on port 31337");
  await masscanned.says("WARN - ACK to PSH-ACK on port 31337");
  await until("all that was sent is acknowledged", async () => {
    const queues = await succeed(`ss -Htn dst ${OURS}:31337`);
    return /^ESTAB +0 +0 /.test(queues);
  });
});

lab("a connection is closed from either side", [], async () => {
  await using _masscanned = await Masscanned.start();
  for (const request of [GET, LAST]) {
    const connection = await connect(OURS, 8081);
    await writeAll(connection, request);
    await connection.read(new Uint8Array(4096));
    connection.close();
  }
  await until("no connection waits for our part of its end", async () => {
    const states = await succeed(`ss -Htan dst ${OURS}:8081`);
    return !/^(ESTAB|FIN-WAIT|CLOS|LAST)/m.test(states);
  });
});

lab("nmap -sS finds every port open", ["nmap"], async () => {
  await using _masscanned = await Masscanned.start();
  const said = await succeed(
    `nmap -sS -n -Pn -p 1-65535 --min-rate 2000 --max-retries 10 -oG - ${OURS}`,
  );
  deepStrictEqual(said.match(/\/open\/tcp\//g)?.length, 65_535);
});
