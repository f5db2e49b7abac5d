/**
 * Keeps the messages of conversations until they are over: within bounds,
 * whatever arrives.
 *
 * @module
 */

import { AgingMap } from "./aging_map.ts";
import type { Message } from "./conversation.ts";

const MESSAGES_MAX = 32; // of one conversation
const OCTETS_MAX = 1 << 26; // of all conversations with messages, about
const OPEN_LEN = 1024; // what one takes besides its messages
const MESSAGE_LEN = 512; // what a message takes besides its notes
const UNIT_LEN = 2; // octets of a character

/** What is known of a conversation. */
export interface Known {
  /** Its messages, the first ones at least. */
  readonly messages: readonly Message[];
  /** Messages that were only counted. */
  readonly omitted: number;
}

const NOTHING: Known = { messages: [], omitted: 0 };

interface Open {
  readonly messages: Message[];
  omitted: number;
  octets: number;
}

/** Conversations that are not over. */
export class Pending {
  readonly #onLoss: (messages: number) => void;
  readonly #open = new AgingMap<string, Open>();
  #octets = 0;

  /**
   * Begins with nothing.
   *
   * @param onLoss Called with a number of messages that there is no room for.
   */
  constructor(onLoss: (messages: number) => void) {
    this.#onLoss = onLoss;
  }

  /** Octets that are kept of all messages, about. */
  get octets(): number {
    return this.#octets;
  }

  /**
   * Keeps a message.
   *
   * @param id Of its conversation.
   * @param message The message.
   */
  addMessage(id: string, message: Message): void {
    let open = this.#open.get(id);
    if (open === undefined) {
      open = { messages: [], omitted: 0, octets: OPEN_LEN };
      this.#octets += OPEN_LEN;
      this.#open.set(id, open);
    }
    const last = open.messages.at(-1);
    if (last !== undefined && isRestOf(message, last)) {
      open.messages[open.messages.length - 1] = {
        ...last,
        requestLen: last.requestLen + message.requestLen,
        answerLen: message.answerLen,
        answer: message.answer,
      };
      open.octets += message.answer.length;
      this.#octets += message.answer.length;
      return;
    }
    if (open.messages.length >= MESSAGES_MAX) {
      open.omitted++;
      return;
    }
    const octets = lengthOf(message);
    open.messages.push(message);
    open.octets += octets;
    this.#octets += octets;
    while (this.#octets > OCTETS_MAX) this.#forgetOldest();
  }

  /**
   * Takes what is known of a conversation that is over.
   *
   * @param id Which one.
   * @returns All of it.
   */
  take(id: string): Known {
    const open = this.#open.delete(id);
    if (open === undefined) return NOTHING;
    this.#octets -= open.octets;
    return open;
  }

  /** Forgets the messages of the conversation that began first. */
  #forgetOldest(): void {
    const { key, value } = this.#open.oldest!;
    this.#open.delete(key);
    this.#octets -= value.octets;
    this.#onLoss(value.messages.length);
  }
}

/** Whether a message is the end of one that was noted but not yet answered. */
function isRestOf(message: Message, last: Message): boolean {
  return message.values.size === 0 && message.protocol === last.protocol &&
    message.isAnswered && last.isAnswered && last.answerLen === 0;
}

function lengthOf({ answer, payload, summary, values }: Message): number {
  let length = MESSAGE_LEN + answer.length + payload.length +
    UNIT_LEN * summary.length;
  for (const value of values.values()) length += UNIT_LEN * `${value}`.length;
  return length;
}
