/**
 * What our web server says: pages in the words of nginx.
 *
 * @module
 */

import { encode } from "../octets.ts";
import type { HttpPersona, Persona } from "../persona.ts";
import type { Exchange } from "../protocol.ts";

// Where the status stands in a response, and its length, in octets.
const STATUS_AT = "HTTP/1.1 ".length;
const STATUS_LEN = 3;

/** A response but for its date. */
export interface Page {
  /** Head up to the date. */
  readonly beforeDate: Uint8Array;
  /** Head behind the date, with its empty line. */
  readonly afterDate: Uint8Array;
  /** The page itself. */
  readonly body: Uint8Array;
}

/** All responses of a persona. */
export interface Pages {
  /** Asks for a password; the connection goes on. */
  readonly unauthorized: Page;
  /** Asks for a password; the connection ends. */
  readonly lastUnauthorized: Page;
  /** To what is refused for what it is, by status; the connection ends. */
  readonly errors: ReadonlyMap<number, Page>;
  /** To a request line that is too long; the connection ends. */
  readonly longTarget: Page;
  /** To a head that is too long; the connection ends. */
  readonly longHead: Page;
}

// In the words of nginx, which are also the titles of the pages.
const ERRORS = [
  "400 Bad Request",
  "405 Not Allowed",
  "413 Request Entity Too Large",
  "501 Not Implemented",
  "505 HTTP Version Not Supported",
];

const PAGES = new Map<Persona, Pages>();

/** Pages of a persona, made when the first request comes. */
export function pagesOf(persona: Persona): Pages {
  let pages = PAGES.get(persona);
  if (pages === undefined) {
    const { http } = persona;
    const challenge = [`WWW-Authenticate: Basic realm="${http.realm}"`];
    const wanted = ["401 Unauthorized", "401 Authorization Required"] as const;
    const bad = "400 Bad Request";
    const tooLarge = [
      "414 Request-URI Too Large",
      "414 Request-URI Too Large",
    ] as const;
    pages = {
      unauthorized: makePage(http, ...wanted, "keep-alive", challenge),
      lastUnauthorized: makePage(http, ...wanted, "close", challenge),
      errors: new Map(ERRORS.map((status) => [
        parseInt(status),
        makePage(http, status, status, "close", []),
      ])),
      longTarget: makePage(http, ...tooLarge, "close", []),
      longHead: makePage(
        http,
        bad,
        "400 Request Header Or Cookie Too Large",
        "close",
        [],
        [bad, "Request Header Or Cookie Too Large"],
      ),
    };
    PAGES.set(persona, pages);
  }
  return pages;
}

/** Writes a response in the words of nginx. */
function makePage(
  { bodyTag, lineEnd, server }: HttpPersona,
  status: string,
  title: string,
  connection: string,
  fields: readonly string[],
  [heading, ...more]: readonly string[] = [title],
): Page {
  const lines = (texts: readonly string[]): string =>
    texts.map((text) => text + lineEnd).join("");
  const body = encode(lines([
    "<html>",
    `<head><title>${title}</title></head>`,
    bodyTag,
    `<center><h1>${heading}</h1></center>`,
    ...more.map((text) => `<center>${text}</center>`),
    `<hr><center>${server}</center>`,
    "</body>",
    "</html>",
  ]));
  return {
    beforeDate: encode(
      lines([`HTTP/1.1 ${status}`, `Server: ${server}`]) + "Date: ",
    ),
    afterDate: encode(lines([
      "",
      "Content-Type: text/html",
      `Content-Length: ${body.length}`,
      `Connection: ${connection}`,
      ...fields,
      "",
    ])),
    body,
  };
}

/**
 * Appends a response, and notes its status beside the request.
 *
 * @param exchange Exchange that it answers.
 * @param page The response.
 * @param statusField Field that the status is noted in.
 * @param isToHead Whether it has no body, RFC 9110 §9.3.2.
 */
export function putPage(
  exchange: Exchange,
  page: Page,
  statusField: number,
  isToHead: boolean,
): void {
  const { answer, now } = exchange;
  const statusAt = answer.end + STATUS_AT;
  answer.put(page.beforeDate);
  // A request that is answered behind its body was noted before that.
  if (exchange.noteCount > 0) {
    exchange.note(statusField, statusAt, statusAt + STATUS_LEN);
  }
  answer.put(dateOf(now));
  answer.put(page.afterDate);
  if (!isToHead) answer.put(page.body);
}

let date: Uint8Array = encode("");
let dateSecond = -1;

/** IMF-fixdate of a time, RFC 9110 §5.6.7; made once a second. */
function dateOf(now: number): Uint8Array {
  const second = Math.floor(now / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    date = encode(new Date(now).toUTCString());
  }
  return date;
}
