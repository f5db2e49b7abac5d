import { strictEqual } from "node:assert/strict";
import { classic } from "../../src/persona/classic.ts";
import { linux } from "../../src/persona/linux.ts";
import { GET, outline } from "./http_outcome.ts";

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
