/**
 * Keeps what is known of conversations until they are over: within bounds,
 * whatever arrives.
 *
 * @module
 */

import type { FrameRecord } from "../record/records.ts";
import type { Message } from "./conversation.ts";

const PROBES_MAX = 32_768; // SYNs that are remembered
const PROBE_MS = 10_000; // and for how long
const MESSAGES_MAX = 32; // of one conversation
const OCTETS_MAX = 1 << 26; // of all conversations with messages, about
const OPEN_LEN = 2048; // what one takes besides its messages
const MESSAGE_LEN = 512; // what a message takes besides its notes
const UNIT_LEN = 2; // octets of a character

/** What is known of a conversation. */
export interface Known {
  /** Its SYN. */
  readonly probe: FrameRecord | undefined;
  /** Its messages, the first ones at least. */
  readonly messages: readonly Message[];
  /** Messages that were only counted. */
  readonly omitted: number;
}

interface Open {
  readonly probe: FrameRecord | undefined;
  readonly messages: Message[];
  omitted: number;
  octets: number;
}

/** Conversations that are not over. */
export class Pending {
  readonly #onProbe: (probe: FrameRecord) => void;
  readonly #onLoss: (messages: number) => void;
  readonly #probes = new Map<string, FrameRecord>(); // the oldest first
  readonly #open = new Map<string, Open>(); // the oldest first
  #octets = 0;

  /**
   * Begins with nothing.
   *
   * @param onProbe Called with a SYN that came to nothing.
   * @param onLoss Called with a number of messages that there is no room for.
   */
  constructor(
    onProbe: (probe: FrameRecord) => void,
    onLoss: (messages: number) => void,
  ) {
    this.#onProbe = onProbe;
    this.#onLoss = onLoss;
  }

  /** Octets that are kept of all messages, about. */
  get octets(): number {
    return this.#octets;
  }

  /**
   * Keeps a SYN for as long as more may follow.
   *
   * @param id Of its conversation.
   * @param frame The SYN; its octets are not kept.
   */
  addProbe(id: string, frame: FrameRecord): void {
    if (this.#probes.size >= PROBES_MAX) this.#tellOldest();
    this.#probes.set(id, copyOf(frame));
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
      const probe = this.#probes.get(id);
      this.#probes.delete(id);
      open = { probe, messages: [], omitted: 0, octets: OPEN_LEN };
      this.#octets += OPEN_LEN;
      this.#open.set(id, open);
    }
    const last = open.messages.at(-1);
    if (last !== undefined && isRestOf(message, last)) {
      open.messages[open.messages.length - 1] = {
        ...last,
        requestLen: last.requestLen + message.requestLen,
        answerLen: message.answerLen,
      };
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
    const open = this.#open.get(id);
    if (open !== undefined) {
      this.#open.delete(id);
      this.#octets -= open.octets;
      return open;
    }
    const probe = this.#probes.get(id);
    this.#probes.delete(id);
    return { probe, messages: [], omitted: 0 };
  }

  /**
   * Lets time pass.
   *
   * @param now Time, in milliseconds since 1970.
   */
  tick(now: number): void {
    for (const { time } of this.#probes.values()) {
      if (now - time < PROBE_MS) return;
      this.#tellOldest();
    }
  }

  /** Tells of all SYNs that came to nothing. */
  end(): void {
    while (this.#probes.size > 0) this.#tellOldest();
  }

  #tellOldest(): void {
    const [id, probe] = this.#probes.entries().next().value!;
    this.#probes.delete(id);
    this.#onProbe(probe);
  }

  /** Forgets the messages of the conversation that began first. */
  #forgetOldest(): void {
    const [id, open] = this.#open.entries().next().value!;
    this.#octets -= open.octets;
    this.#open.delete(id);
    this.#onLoss(open.messages.length);
  }
}

/** Whether a message is the end of one that was noted but not yet answered. */
function isRestOf(message: Message, last: Message): boolean {
  return message.values.size === 0 && message.protocol === last.protocol &&
    message.isAnswered && last.isAnswered && last.answerLen === 0;
}

function lengthOf({ payload, summary, values }: Message): number {
  let length = MESSAGE_LEN + payload.length + UNIT_LEN * summary.length;
  for (const value of values.values()) length += UNIT_LEN * `${value}`.length;
  return length;
}

/** A frame whose octets are its own. */
function copyOf(frame: FrameRecord): FrameRecord {
  const { dst, dstMac, packet, src, srcMac, target } = frame;
  return {
    ...frame,
    src: src.slice(),
    dst: dst.slice(),
    srcMac: srcMac.slice(),
    dstMac: dstMac.slice(),
    target: target.slice(),
    packet: packet.slice(),
  };
}
