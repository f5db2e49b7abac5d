import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { nameOf } from "../../src/note.ts";
import { Arena } from "../../src/arena.ts";
import type { Persona } from "../../src/persona.ts";
import { classic } from "../../src/persona/classic.ts";
import { linux } from "../../src/persona/linux.ts";
import { http } from "../../src/proto/http.ts";
import { CLOSE, DECLINE, MORE, TCP } from "../../src/protocol.ts";
import { KEY_LEN } from "../../src/siphash.ts";
import {
  Application,
  APPLICATION_MEMORY,
  NO_MATCH,
  UNDECIDED,
} from "../../src/stack/application.ts";
import { octets, text } from "../tcp_client.ts";

const KEY = new Uint8Array(KEY_LEN);
const STREAM_MAX = 16_384;
const NOW = Date.UTC(2026, 3, 4, 9, 5, 7, 999);

/** What came of a stream: answers, and how it stands at its end. */
interface Outcome {
  readonly answers: readonly string[];
  readonly notes: readonly Readonly<Record<string, string>>[];
  /** Whether more is wanted, or what ended it. */
  readonly end: "open" | "more" | "closed" | "declined" | "not http";
}

/** Lets a persona answer a whole stream, as the stack does. */
function answer(persona: Persona, stream: string): Outcome {
  const arena = new Arena(
    new ArrayBuffer(STREAM_MAX + APPLICATION_MEMORY),
    STREAM_MAX,
  );
  const application = new Application(arena, [http], persona, KEY);
  const { exchange } = application;
  const answers: string[] = [];
  const notes: Record<string, string>[] = [];
  const spanOf = (at: number, end: number): string =>
    text(arena.bytes.subarray(at, end));
  arena.bytes.set(octets(stream));
  exchange.transport = TCP;
  exchange.now = NOW;
  exchange.listening = true;
  exchange.end = stream.length;
  const found = stream === "" ? UNDECIDED : application.identify();
  if (found === UNDECIDED) return { answers, notes, end: "more" };
  if (found === NO_MATCH) return { answers, notes, end: "not http" };
  for (let at = 0; at < stream.length; at = exchange.next) {
    exchange.at = at;
    exchange.next = stream.length;
    const verdict = application.reply(found);
    if (verdict === MORE) return { answers, notes, end: "more" };
    if (verdict === DECLINE) return { answers, notes, end: "declined" };
    ok(exchange.next > at, "used nothing up");
    const { answer, noteCount } = exchange;
    strictEqual(answer.overflowed, false);
    if (answer.end > answer.at) answers.push(spanOf(answer.at, answer.end));
    if (noteCount > 0) {
      notes.push(Object.fromEntries(
        Array.from({ length: noteCount }, (_, i) => {
          const [field, from, to] = exchange.notes.subarray(3 * i);
          return [nameOf(http.fields[field!]!), spanOf(from!, to!)];
        }),
      ));
    }
    if (verdict === CLOSE) return { answers, notes, end: "closed" };
  }
  const isOpen = exchange.state === 0 && exchange.next === stream.length;
  return { answers, notes, end: isOpen ? "open" : "more" };
}

/** Status, connection and whether there is a body, of an answer. */
function sketch(response: string): string {
  if (!response.startsWith("HTTP/")) return "page";
  const status = response.slice(9, 12);
  const connection = /\nConnection: (\S+)/.exec(response)![1]!;
  const hasBody = /<\/html>\r?\n$/.test(response);
  return `${status} ${connection}${hasBody ? "" : " bodiless"}`;
}

/** What came of a stream, on a line. */
function outline(persona: Persona, stream: string): string {
  const { answers, end } = answer(persona, stream);
  return [...answers.map(sketch), end].join(", ");
}

const GET = "GET / HTTP/1.1\r\nHost: a\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a\r\n";
const KEPT = "401 keep-alive, open";
const SHUT = "401 close, closed";
const BAD = "400 close, closed";

// [name, stream, what linux does, what classic does if it is something else]
const STREAMS: readonly [
  name: string,
  stream: string,
  linux: string,
  classic?: string,
][] = [
  ["nothing", "", "more"],

  // Methods, RFC 9110 §9 and RFC 4918 §9.
  ...[
    ...["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"],
    ...["PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK"],
    ...["REPORT", "SEARCH"],
  ].map((method) =>
    [method, `${method} / HTTP/1.1\r\nHost: a\r\n\r\n`, KEPT] as const
  ).map(([...row]): [string, string, string] => row),
  [
    "HEAD",
    "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    "401 keep-alive bodiless, open",
  ],
  ["HEAD that closes", "HEAD / HTTP/1.0\r\n\r\n", "401 close bodiless, closed"],
  ["TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "405 close, closed", KEPT],
  ["CONNECT", "CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n", BAD, KEPT],
  ["OPTIONS of the server", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", BAD, KEPT],
  ["another method", "BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", KEPT, "not http"],
  [
    "a method in lower case",
    "get / HTTP/1.1\r\nHost: a\r\n\r\n",
    BAD,
    "not http",
  ],
  [
    "a method of 32 octets",
    `${"M".repeat(32)} / HTTP/1.1\r\nHost: a\r\n\r\n`,
    KEPT,
    "not http",
  ],
  [
    "a method of 33 octets",
    `${"M".repeat(33)} / HTTP/1.1\r\nHost: a\r\n\r\n`,
    "not http",
  ],

  // Targets, RFC 9112 §3.2.
  ["absolute-form", "GET http://a/b?c HTTP/1.1\r\nHost: a\r\n\r\n", KEPT],
  ["a target with spaces", "GET /a b c HTTP/1.1\r\nHost: a\r\n\r\n", BAD, KEPT],
  [
    "a target that is not ASCII",
    "GET /\xff\xfe\x80 HTTP/1.1\r\nHost: a\r\n\r\n",
    KEPT,
  ],
  [
    "a target of 4 KB",
    `GET /${"a".repeat(4000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    KEPT,
  ],

  // Versions and persistence, RFC 9112 §9.3.
  ["HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", SHUT],
  [
    "HTTP/1.0 keep-alive",
    "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
    KEPT,
  ],
  ["close", `${GET}Connection: close\r\n\r\n`, SHUT],
  ["CLOSE", `${GET}CONNECTION:CLOSE\r\n\r\n`, SHUT],
  ["close among other options", `${GET}Connection: TE, close\r\n\r\n`, SHUT],
  ["close before other options", `${GET}Connection: close ,TE\r\n\r\n`, SHUT],
  [
    "an option that is not close", // nginx looks for the letters
    `${GET}Connection: closed, enclose\r\n\r\n`,
    SHUT,
    KEPT,
  ],
  [
    "keep-alive among other options",
    "GET / HTTP/1.0\r\nConnection: TE,keep-alive\r\n\r\n",
    KEPT,
  ],
  ["what follows a close", `${GET}Connection: close\r\n\r\n${GET}\r\n`, SHUT],
  ["HTTP/0.9", "GET /\r\n", "page, closed"],
  ["HTTP/0.9 with LF", "GET /\n", "page, closed"],

  // Line ends, RFC 9112 §2.2.
  ["LF alone", "GET / HTTP/1.1\nHost: a\n\n", KEPT],
  ["LF and CR LF", "GET / HTTP/1.1\r\nHost: a\n\r\n", KEPT],
  ["empty lines first", `\r\n\n\r\n${GET}\r\n`, KEPT, "not http"],
  [
    "empty lines between",
    `${GET}\r\n\r\n\r\n${GET}\r\n`,
    `401 keep-alive, ${KEPT}`,
  ],

  // Incomplete.
  ["half a method", "GE", "more"],
  ["half another method", "BRE", "more", "not http"],
  ["half a line", "GET / HT", "more"],
  ["a head without its end", `${GET}Host: a\r\n`, "more"],
  ["a head without its last LF", `${GET}Host: a\r\n\r`, "more"],
  ["half a second request", `${GET}\r\nGET`, "401 keep-alive, more"],

  // Bodies, RFC 9112 §6.
  ["a body", `${POST}Content-Length: 3\r\n\r\nabc`, KEPT],
  ["half a body", `${POST}Content-Length: 3\r\n\r\nab`, "more"],
  [
    "a body and another request",
    `${POST}Content-Length: 3\r\n\r\nabc${GET}\r\n`,
    `401 keep-alive, ${KEPT}`,
  ],
  [
    "a body that looks like a request",
    `${POST}Content-Length: ${GET.length + 2}\r\n\r\n${GET}\r\n`,
    KEPT,
  ],
  [
    "an empty body",
    `${POST}Content-Length: 0\r\n\r\n${GET}\r\n`,
    `401 keep-alive, ${KEPT}`,
  ],
  [
    "a body longer than memory",
    `${POST}Content-Length: 999999999\r\n\r\nabc`,
    "413 close, closed",
    "more",
  ],
  [
    "a body of HEAD",
    `HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc${GET}\r\n`,
    "401 keep-alive bodiless, 401 keep-alive, open",
  ],
  [
    "blanks around a length",
    `${POST}Content-Length:\t 3 \t\r\n\r\nabc`,
    BAD,
    KEPT,
  ],

  // Chunks, RFC 9112 §7.1.
  [
    "chunks",
    `${POST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n${GET}\r\n`,
    `401 keep-alive, ${KEPT}`,
  ],
  [
    "chunks of many digits",
    `${POST}Transfer-Encoding: CHUNKED\r\n\r\n00A\r\n0123456789\r\n0b\r\n0123456789a\r\n000\r\n\r\n${GET}\r\n`,
    `401 keep-alive, ${KEPT}`,
  ],
  [
    "chunk extensions",
    `${POST}Transfer-Encoding: chunked\r\n\r\n3;a=b;c="d e"\r\nabc\r\n0;x\r\n\r\n${GET}\r\n`,
    `401 keep-alive, ${KEPT}`,
  ],
  [
    "trailers",
    `${POST}Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\nC: d\r\n\r\n${GET}\r\n`,
    `401 keep-alive, ${KEPT}`,
  ],
  [
    "chunks that look like the last",
    `${POST}Transfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n\r\n0\r\n\r\n${GET}\r\n`,
    `401 keep-alive, ${KEPT}`,
  ],
  [
    "chunks without an end",
    `${POST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`,
    "more",
  ],
  [
    "half a chunk",
    `${POST}Transfer-Encoding: chunked\r\n\r\n30\r\nabc`,
    "more",
  ],
  [
    "half a trailer",
    `${POST}Transfer-Encoding: chunked\r\n\r\n0\r\nA: b`,
    "more",
  ],
  [
    "chunks and a length",
    `${POST}Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${GET}\r\n`,
    BAD,
    `401 keep-alive, ${KEPT}`,
  ],
  [
    "a chunk without a length",
    `${POST}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`,
    SHUT,
    "declined",
  ],
  [
    "a chunk of too many digits",
    `${POST}Transfer-Encoding: chunked\r\n\r\n10000000\r\n`,
    SHUT,
    "declined",
  ],
  [
    "a negative chunk",
    `${POST}Transfer-Encoding: chunked\r\n\r\n-1\r\n`,
    SHUT,
    "declined",
  ],

  // Expectations, RFC 9110 §10.1.1.
  [
    "100-continue",
    `${POST}Content-Length: 3\r\nExpect: 100-continue\r\n\r\n`,
    SHUT,
  ],
  [
    "another expectation",
    `${POST}Content-Length: 3\r\nExpect: nothing\r\n\r\nabc`,
    KEPT,
  ],

  // Malformed.
  ...([
    ["no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["an empty target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["a version that is none", "GET / HTTQ/1.1\r\n\r\n"],
    ["a field without a colon", `${GET}Host\r\n\r\n`],
    ["a field without a name", `${GET}: a\r\n\r\n`],
    ["a blank before a colon", `${GET}Host : a\r\n\r\n`],
    ["a folded field", `${GET}A: b\r\n c\r\n\r\n`],
    ["a length that is none", `${POST}Content-Length: x\r\n\r\n`],
    ["an empty length", `${POST}Content-Length:\r\n\r\n`],
    ["a signed length", `${POST}Content-Length: +3\r\n\r\n`],
    ["two lengths in one", `${POST}Content-Length: 3, 3\r\n\r\n`],
  ] as const).map((
    [name, stream],
  ): [string, string, string, string] => [
    name,
    stream,
    BAD,
    "declined",
  ]),
  [
    "HTTP/0.9 with another method, RFC 1945 §4.1",
    "POST /\r\n",
    "page, closed",
    "declined",
  ],
  [
    "a length of ten digits",
    `${POST}Content-Length: 1000000000\r\n\r\n`,
    "413 close, closed",
    "declined",
  ],
  [
    "an encoding nobody knows",
    `${POST}Transfer-Encoding: gzip\r\n\r\n`,
    "501 close, closed",
    "declined",
  ],
  [
    "a malformed HEAD",
    "HEAD / HTTP/1.1\r\n:\r\n\r\n",
    "400 close bodiless, closed",
    "declined",
  ],
  [
    "a malformed second request",
    `${GET}\r\n\x00\x01\r\n\r\n`,
    "401 keep-alive, 400 close, closed",
    "401 keep-alive, declined",
  ],

  // Longer than nginx takes.
  [
    "a target of 8 KB without an end",
    `GET /${"a".repeat(8192 - 5)}`,
    "414 close, closed",
    "declined",
  ],
  ["a target just shorter", `GET /${"a".repeat(8191 - 5)}`, "more"],
  [
    "a field of 8 KB without an end",
    `${GET}A: ${"a".repeat(8192)}`,
    BAD,
    "declined",
  ],
  [
    "a HEAD of 8 KB without an end",
    `HEAD / HTTP/1.1\r\nA: ${"a".repeat(8192)}`,
    "400 close bodiless, closed",
    "declined",
  ],

  // Others.
  ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "not http"],
  ["SSH", "SSH-2.0-OpenSSH_9.2\r\n", "not http"],
  [
    "SIP",
    "OPTIONS sip:a SIP/2.0\r\nVia: x\r\n\r\n",
    BAD,
    "declined",
  ],
  ["a word", "hello\r\n", "not http"],
  ["two words", "hello world\r\n", "not http"],
  ["octets", "A \x00\x00", "not http"],
  ["a line of 5 KB without an end", `A ${"b".repeat(5000)}`, "not http"],
];

for (const [name, stream, wanted, classicWanted = wanted] of STREAMS) {
  Deno.test(`http answers ${name}`, () => {
    strictEqual(outline(linux, stream), wanted, "linux");
    strictEqual(outline(classic, stream), classicWanted, "classic");
  });
}

// [persona, who signs, body tag, length]: pages of nginx 1.22.1 of Debian 12, and
// of the original (HTTP-09).
const PAGES: readonly [Persona, string, string, number][] = [
  [linux, "nginx/1.22.1", "<body>", 179],
  [classic, "nginx/1.14.2", '<body bgcolor="white">', 188],
];

for (const [persona, server, bodyTag, bodyLen] of PAGES) {
  const { name, http: { lineEnd } } = persona;

  Deno.test(`http (${name}) writes a head that can be relied on`, () => {
    const { answers: [response] } = answer(persona, `${GET}\r\n`);
    const [head, body] = splitOnce(response!, lineEnd + lineEnd);
    deepStrictEqual(head.split(lineEnd), [
      "HTTP/1.1 401 Unauthorized",
      `Server: ${server}`,
      "Date: Sat, 04 Apr 2026 09:05:07 GMT", // IMF-fixdate, RFC 9110 §5.6.7
      "Content-Type: text/html",
      `Content-Length: ${body.length}`,
      "Connection: keep-alive",
      'WWW-Authenticate: Basic realm="Access to admin page"',
    ]);
    strictEqual(body.length, bodyLen);
    deepStrictEqual(body.split(lineEnd), [
      "<html>",
      "<head><title>401 Authorization Required</title></head>",
      bodyTag,
      "<center><h1>401 Authorization Required</h1></center>",
      `<hr><center>${server}</center>`,
      "</body>",
      "</html>",
      "",
    ]);
    if (lineEnd === "\n") strictEqual(response!.includes("\r"), false);
    else strictEqual(/(?<!\r)\n/.test(response!), false);
  });

  Deno.test(`http (${name}) gives HEAD the head that GET gets`, () => {
    const [get] = answer(persona, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").answers;
    const [head] =
      answer(persona, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").answers;
    strictEqual(
      head,
      splitOnce(get!, lineEnd + lineEnd)[0] + lineEnd.repeat(2),
    );
  });

  Deno.test(`http (${name}) gives HTTP/0.9 the body alone`, () => {
    const [get] = answer(persona, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").answers;
    const [page] = answer(persona, "GET /\r\n").answers;
    strictEqual(page, splitOnce(get!, lineEnd + lineEnd)[1]);
  });
}

Deno.test("http (linux) writes a page for what it cannot read", () => {
  const { answers: [response] } = answer(linux, `${GET}:\r\n\r\n`);
  const [head, body] = splitOnce(response!, "\r\n\r\n");
  match(head, /^HTTP\/1\.1 400 Bad Request\r\n/);
  ok(head.includes(`\r\nContent-Length: ${body.length}\r\n`));
  ok(body.includes("<h1>400 Bad Request</h1>"));
  strictEqual(head.includes("WWW-Authenticate"), false);
});

Deno.test("http (linux) says what is too long in the words of nginx", () => {
  // Of nginx 1.22.1-9+deb12u11 to the same requests, but for the date.
  const head = "Server: nginx/1.22.1\r\nDate: Sat, 04 Apr 2026 09:05:07 GMT" +
    "\r\nContent-Type: text/html\r\nContent-Length: ";
  const foot = "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n";
  deepStrictEqual(answer(linux, `GET /${"a".repeat(9000)}`).answers, [
    `HTTP/1.1 414 Request-URI Too Large\r\n${head}177\r\n` +
    "Connection: close\r\n\r\n<html>\r\n" +
    "<head><title>414 Request-URI Too Large</title></head>\r\n<body>\r\n" +
    `<center><h1>414 Request-URI Too Large</h1></center>\r\n${foot}`,
  ]);
  deepStrictEqual(answer(linux, `${GET}A: ${"a".repeat(9000)}`).answers, [
    `HTTP/1.1 400 Bad Request\r\n${head}233\r\n` +
    "Connection: close\r\n\r\n<html>\r\n" +
    "<head><title>400 Request Header Or Cookie Too Large</title></head>\r\n" +
    "<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n" +
    `<center>Request Header Or Cookie Too Large</center>\r\n${foot}`,
  ]);
});

// [stream, notes]
const NOTED: readonly [stream: string, notes: Record<string, string>][] = [
  [
    "GET /a?b=c HTTP/1.1\r\nHost: www.example.com\r\nUSER-AGENT:  Mozilla/5.0 (X) \r\n" +
    "Authorization: Basic YTpi\r\nAccept: */*\r\n\r\n",
    {
      "http.request.method": "GET",
      "url.original": "/a?b=c",
      "http.version": "1.1",
      "masscanned.http.host": "www.example.com",
      "user_agent.original": "Mozilla/5.0 (X)",
      "masscanned.http.authorization": "Basic YTpi",
      "http.response.status_code": "401",
    },
  ],
  [
    "GET /a b\x1b[2J HTTP/1.0\r\n\r\n",
    {
      "http.request.method": "GET",
      "url.original": "/a b\x1b[2J",
      "http.version": "1.0",
      "http.response.status_code": "400",
    },
  ],
  ["GET /\r\n", { "http.request.method": "GET", "url.original": "/" }],
  [
    "GET  HTTP/1.1\r\nHost: a\r\n\r\n",
    {
      "http.request.method": "GET",
      "url.original": "",
      "http.version": "1.1",
      "masscanned.http.host": "a",
      "http.response.status_code": "400",
    },
  ],
  [
    "\r\nHEAD * HTTP/1.1\nHost:\n\n",
    {
      "http.request.method": "HEAD",
      "url.original": "*",
      "http.version": "1.1",
      "masscanned.http.host": "",
      "http.response.status_code": "400",
    },
  ],
  [ // refused for its line, but noted as far as it has come
    "TRACE /%00 HTTP/1.1\r\nBad: \0\r\nHost: a\r\nUser-Agent: b\r\n",
    {
      "http.request.method": "TRACE",
      "url.original": "/%00",
      "http.version": "1.1",
      "masscanned.http.host": "a",
      "user_agent.original": "b",
      "http.response.status_code": "400",
    },
  ],
  [
    "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nb",
    {
      "http.request.method": "POST",
      "url.original": "/a",
      "http.version": "1.1",
      "masscanned.http.host": "a",
    },
  ],
];

for (const [stream, notes] of NOTED) {
  Deno.test(`http notes what ${JSON.stringify(stream)} says`, () => {
    deepStrictEqual(answer(linux, stream).notes, [notes]);
  });
}

Deno.test("http notes each of several requests", () => {
  const { notes } = answer(
    linux,
    `POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nGET /no \r\nPUT /b HTTP/1.1\r\nHost: a\r\n\r\n`,
  );
  deepStrictEqual(notes.map((one) => one["url.original"]), ["/a", "/b"]);
});

/** Text before and behind the first occurrence of `separator`. */
function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + separator.length)];
}
