/**
 * What HTTP makes of a stream.
 *
 * @module
 */

import { ok, strictEqual } from "node:assert/strict";
import { nameOf } from "../../src/note.ts";
import { Arena } from "../../src/arena.ts";
import type { Persona } from "../../src/persona.ts";
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
export interface Outcome {
  readonly answers: readonly string[];
  readonly notes: readonly Readonly<Record<string, string>>[];
  /** Whether more is wanted, or what ended it. */
  readonly end: "open" | "more" | "closed" | "declined" | "not http";
}

/** Lets a persona answer a whole stream, as the stack does. */
export function answer(persona: Persona, stream: string): Outcome {
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
export function outline(persona: Persona, stream: string): string {
  const { answers, end } = answer(persona, stream);
  return [...answers.map(sketch), end].join(", ");
}

/** Beginning of a request. */
export const GET = "GET / HTTP/1.1\r\nHost: a\r\n";
