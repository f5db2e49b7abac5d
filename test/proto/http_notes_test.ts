import { deepStrictEqual } from "node:assert/strict";
import { linux } from "../../src/persona/linux.ts";
import { answer } from "./http_outcome.ts";

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
