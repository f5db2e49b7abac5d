import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Persona } from "../../src/persona.ts";
import { classic } from "../../src/persona/classic.ts";
import { linux } from "../../src/persona/linux.ts";
import { answer, GET } from "./http_outcome.ts";

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

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + separator.length)];
}
