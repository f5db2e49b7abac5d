/**
 * Asks protocols without a stack around them.
 *
 * @module
 */

import { ok, strictEqual } from "node:assert/strict";
import {
  type Translation,
  Translations,
} from "../../src/address/translation.ts";
import { Arena } from "../../src/arena.ts";
import type { Persona } from "../../src/persona.ts";
import { linux } from "../../src/persona/linux.ts";
import { lineOf, nameOf } from "../../src/note.ts";
import {
  CLOSE,
  DECLINE,
  MORE,
  type Protocol,
  UDP,
} from "../../src/protocol.ts";
import { KEY_LEN } from "../../src/siphash.ts";
import {
  ANSWER_MAX,
  Application,
  NO_MATCH,
  UNDECIDED,
} from "../../src/stack/application.ts";

const MEMORY = ANSWER_MAX + 65_536;
const ADDRESS_MAX = 16;

/** Who asks what of whom. */
export interface Question {
  /** What can be asked. */
  readonly protocols: readonly Protocol[];
  /** Who is asked; Linux by default. */
  readonly persona?: Persona;
  /** `TCP` or `UDP`, which is the default. */
  readonly transport?: number;
  /** Address of who asks, 4 or 16 octets. */
  readonly peer?: Uint8Array;
  /** Address that is asked, as long. */
  readonly self?: Uint8Array;
  /** What who asks calls the address that is asked; itself by default. */
  readonly translations?: readonly Translation[];
  /** Port of who asks. */
  readonly peerPort?: number;
  /** Port that is asked. */
  readonly selfPort?: number;
}

/** What came of it. */
export interface Outcome {
  /** Answers, as hexadecimal octets. */
  readonly answers: readonly string[];
  /** What was noted of each message, escaped as for a person. */
  readonly notes: readonly ReadonlyMap<string, string>[];
  /** One line for each message, as for a person. */
  readonly summaries: readonly string[];
  /** Whether more is wanted, or what ended it. */
  readonly end: "open" | "more" | "closed" | "declined" | "nobody's";
}

/**
 * Lets protocols answer a datagram, or a stream as far as it has come.
 *
 * @param question Who asks what of whom.
 * @param message Octets that were sent. They are put at the very end of the
 * memory, so that reading a number one octet too far is a `RangeError`.
 * @returns What came of it.
 */
export function ask(question: Question, message: Uint8Array): Outcome {
  const { protocols, persona = linux, transport = UDP } = question;
  const { peer = Uint8Array.of(192, 0, 2, 1) } = question;
  const { self = Uint8Array.of(192, 0, 2, 2) } = question;
  const arena = new Arena(new ArrayBuffer(MEMORY));
  const key = Uint8Array.from({ length: KEY_LEN }, (_, i) => i);
  const translations = new Translations();
  translations.replace(question.translations ?? []);
  const application = new Application(
    arena,
    protocols,
    persona,
    key,
    translations,
  );
  const { exchange } = application;
  const { bytes } = arena;
  bytes.fill(0xa5);
  exchange.peerAt = arena.allocate(ADDRESS_MAX);
  exchange.dstAt = arena.allocate(ADDRESS_MAX);
  bytes.set(peer, exchange.peerAt);
  bytes.set(self, exchange.dstAt);
  exchange.addressLen = self.length;
  exchange.peerPort = question.peerPort ?? 40_000;
  exchange.selfPort = question.selfPort ?? 53;
  exchange.transport = transport;
  exchange.listening = true;
  exchange.end = MEMORY;
  bytes.set(message, MEMORY - message.length);

  const answers: string[] = [];
  const notes: ReadonlyMap<string, string>[] = [];
  const summaries: string[] = [];
  const finish = (end: Outcome["end"]): Outcome => {
    return { answers, notes, summaries, end };
  };
  exchange.at = MEMORY - message.length;
  const found = application.identify();
  if (found === NO_MATCH) return finish("nobody's");
  if (found === UNDECIDED) return finish("more");
  const { fields, summary } = protocols[found]!;
  while (exchange.at < MEMORY) {
    exchange.next = MEMORY;
    const verdict = application.reply(found);
    if (verdict === MORE) return finish("more");
    if (verdict === DECLINE) return finish("declined");
    ok(exchange.next > exchange.at, "used nothing up");
    const { answer, noteCount } = exchange;
    strictEqual(answer.overflowed, false);
    if (answer.end > answer.at) {
      answers.push(bytes.subarray(answer.at, answer.end).toHex());
      const noted = new Map(
        Array.from({ length: noteCount }, (_, i) => {
          const [field, from, to] = exchange.notes.subarray(3 * i);
          return [
            nameOf(fields[field!]!),
            lineOf(fields[field!]!, bytes.subarray(from, to)),
          ];
        }),
      );
      notes.push(noted);
      summaries.push(summary(noted));
    }
    if (verdict === CLOSE) return finish("closed");
    if (transport === UDP) break;
    exchange.at = exchange.next;
  }
  return finish(exchange.at > MEMORY ? "more" : "open");
}
