/**
 * Hands messages to the protocols: TCP and UDP both end here.
 *
 * @module
 */

import { Translations } from "../address/translation.ts";
import type { Arena } from "../arena.ts";
import { Matcher, NO_MATCH, UNDECIDED } from "../match.ts";
import type { Persona } from "../persona.ts";
import {
  CLAIM,
  Exchange,
  EXCHANGE_MEMORY,
  MORE,
  type Protocol,
  TCP,
  UDP,
} from "../protocol.ts";
import { SipHash } from "../siphash.ts";
import { Writer } from "../writer.ts";

export { NO_MATCH, UNDECIDED } from "../match.ts";

/** Longest answer to one message, in octets. */
export const ANSWER_MAX = 8192;

/** Octets of the arena that it all takes. */
export const APPLICATION_MEMORY: number = ANSWER_MAX + EXCHANGE_MEMORY;

/** All protocols and the one exchange that they share. */
export class Application {
  readonly #protocols: readonly Protocol[];
  readonly #streams: Matcher;
  readonly #datagrams: Matcher;
  readonly #greeters = new Int16Array(65_536).fill(NO_MATCH); // by port

  /** The message at hand and its answer. */
  readonly exchange: Exchange;

  /** Messages that each protocol answered, by its index. */
  readonly answers: Float64Array<ArrayBuffer>;

  /**
   * Compiles the protocols.
   *
   * @param arena Memory that messages are in and answers are written to.
   * @param protocols What to answer, most specific first.
   * @param persona Who the program pretends to be.
   * @param key Key for {@linkcode SipHash}.
   * @param translations What clients call our addresses.
   */
  constructor(
    arena: Arena,
    protocols: readonly Protocol[],
    persona: Persona,
    key: Uint8Array,
    translations: Translations = new Translations(),
  ) {
    const answerAt = arena.allocate(ANSWER_MAX);
    const answer = new Writer(arena, answerAt, answerAt + ANSWER_MAX);
    const spoken = protocols.map((protocol) =>
      protocol.isSpokenBy?.(persona) === false
        ? { ...protocol, transports: 0 }
        : protocol
    );
    this.#protocols = spoken;
    this.answers = new Float64Array(protocols.length);
    this.#streams = new Matcher(spoken, TCP);
    this.#datagrams = new Matcher(spoken, UDP);
    for (const [index, { greeting, transports }] of spoken.entries()) {
      if ((transports & TCP) === 0) continue;
      for (const port of greeting?.ports ?? []) this.#greeters[port] = index;
    }
    const hash = new SipHash(key);
    this.exchange = new Exchange(arena, answer, persona, hash, translations);
  }

  /**
   * Finds whose message is at the start of the exchange.
   *
   * @returns Index of the protocol, `NO_MATCH`, or, of a stream, `UNDECIDED` if
   * more octets may tell.
   */
  identify(): number {
    const { arena, at, end, transport } = this.exchange;
    this.exchange.noteCount = 0; // of the message before: nobody's has none
    const isStream = transport === TCP;
    const matcher = isStream ? this.#streams : this.#datagrams;
    const found = matcher.find(arena.bytes, at, end, !isStream);
    if (found !== NO_MATCH) return found;
    let isUndecided = false;
    for (let i = 0; i < this.#protocols.length; i++) {
      const protocol = this.#protocols[i]!;
      if (protocol.check === undefined) continue;
      if ((protocol.transports & transport) === 0) continue;
      const verdict = protocol.check(this.exchange);
      if (verdict === CLAIM) return i;
      this.exchange.noteCount = 0; // whatever it noted before it declined
      if (verdict === MORE) isUndecided = true;
    }
    return isUndecided && isStream ? UNDECIDED : NO_MATCH;
  }

  /**
   * Finds who greets silent clients.
   *
   * @param port TCP port that they connected to.
   * @returns Index of the protocol, or `NO_MATCH`.
   */
  greeterOf(port: number): number {
    return this.#greeters[port]!;
  }

  /**
   * Asks a protocol for its greeting.
   *
   * @param protocol Index of a protocol that has one.
   * @returns What {@linkcode Greeting.greet} says.
   */
  greet(protocol: number): number {
    const { exchange } = this;
    exchange.answer.clear();
    exchange.noteCount = 0;
    return this.#protocols[protocol]!.greeting!.greet(exchange);
  }

  /**
   * Asks a protocol for the answer to the message at the start of the exchange.
   *
   * @param protocol Index of the protocol.
   * @returns What {@linkcode Protocol.reply} says.
   */
  reply(protocol: number): number {
    const { exchange } = this;
    exchange.answer.clear();
    exchange.noteCount = 0;
    return this.#protocols[protocol]!.reply(exchange);
  }
}
