/**
 * Two responders that hear nothing but each other: what either of them sends,
 * the other one receives. A frame that anybody forges may begin something
 * between them, but it must end.
 *
 * @module
 */

import { NO_TAG } from "../../src/stack/link.ts";
import {
  type Bench,
  type HarnessOptions,
  makeStack,
  START,
} from "../harness.ts";
import { dice } from "./dice.ts";
import { locate, repair } from "./packet.ts";

/** Hardware addresses of the two. */
const MACS = ["02:00:00:00:00:01", "02:00:00:00:00:02"] as const;
/** Addresses of the two. */
const IPS = [
  "192.0.2.10,192.0.2.11,2001:db8::10",
  "192.0.2.20,192.0.2.21,2001:db8::20",
] as const;
/** Responders that are wired to their like. */
export const TWINS: readonly (readonly [string, HarnessOptions])[] = [
  ["with addresses of their own", {}],
  ["that answer for every address", { list: false }],
  ["whose ports are closed", { ports: "tcp/80,udp/53" }],
  ["that amplify", { amplificationLimit: Infinity }],
  ["of the original's kind", { persona: "classic" }],
  ["of the original's kind that amplify", {
    persona: "classic",
    list: false,
    amplificationLimit: Infinity,
  }],
];

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const AN_HOUR = 64; // frames, so that nobody is muted
// One frame may lead to this many: a SYN to a SYN-ACK, and that to a RST.
const FRAMES_MAX = 2;

/** Two responders, back to back. */
class Twins {
  readonly #benches: readonly Bench[];
  readonly #queue: { to: number; frame: Uint8Array }[] = [];
  #now = START;
  #forged = 0;

  /** Frames that they have sent to each other. */
  sent = 0;

  /**
   * Wires two responders.
   *
   * @param options How they differ from the usual one.
   */
  constructor(options: HarnessOptions) {
    this.#benches = MACS.map((mac, self) =>
      makeStack({ ...options, mac, own: IPS[self]! }, (outbox) => {
        const { bytes } = this.#benches[self]!.arena;
        for (let i = 0; i < outbox.count; i++) {
          const frame = bytes.slice(outbox.slotAt(i), outbox.ends[i]);
          this.#queue.push({ to: 1 - self, frame });
        }
      })
    );
  }

  /**
   * Shows the first one a frame as if the second had sent it, and lets them
   * talk until both are silent.
   *
   * @param frame The frame; from whom it says it is, is overwritten.
   * @throws {Error} If it leads to more than an answer and an end of it, within
   * a second on their clock.
   */
  forge(frame: Uint8Array): void {
    if (++this.#forged % AN_HOUR === 0) this.#now += HOUR;
    this.#show(0, impersonate(frame));
    let count = this.#drain();
    for (const until = this.#now + SECOND; this.#now < until;) {
      this.#now += SECOND / 8;
      for (const { outbox, stack } of this.#benches) {
        stack.tick(this.#now);
        outbox.flush();
      }
      count += this.#drain();
    }
    this.sent += count;
    if (count > FRAMES_MAX) {
      throw new Error(`${count} frames follow ${frame.toHex()}`);
    }
  }

  /** Delivers what is on its way, and says how many frames that were. */
  #drain(): number {
    let count = 0;
    for (; this.#queue.length > 0 && count <= FRAMES_MAX; count++) {
      const { to, frame } = this.#queue.shift()!;
      this.#show(to, frame);
    }
    return count;
  }

  #show(to: number, frame: Uint8Array): void {
    const { arena: { bytes }, outbox, stack } = this.#benches[to]!;
    const at = bytes.length - frame.length;
    bytes.set(frame, at);
    stack.receive(at, bytes.length, NO_TAG, false);
    outbox.flush();
  }
}

/**
 * Forges every frame of a corpus, and then some that are made from it.
 *
 * @param options How the responders differ from the usual one.
 * @param corpus Frames to begin with.
 * @param seed Seed of all that is random.
 * @param rounds How many to make.
 * @returns How many frames the two have sent to each other.
 * @throws {Error} If they do not fall silent.
 */
export function fuzzTwins(
  options: HarnessOptions,
  corpus: readonly Uint8Array[],
  seed: number,
  rounds: number,
): number {
  const twins = new Twins(options);
  const random = dice(seed);
  for (const frame of corpus) twins.forge(frame);
  for (let i = 0; i < rounds; i++) {
    const frame = corpus[random(corpus.length)]!.slice();
    for (let flips = 1 + random(4); flips > 0; flips--) {
      frame[random(frame.length)] = random(256);
    }
    twins.forge(frame);
  }
  return twins.sent;
}

/** A frame to the first of the two that the second seems to have sent. */
function impersonate(frame: Uint8Array): Uint8Array {
  const forged = frame.slice();
  const [first, second] = MACS.map((mac) =>
    Uint8Array.fromHex(mac.replaceAll(":", ""))
  );
  if (forged.length >= 12) {
    if ((forged[0]! & 1) === 0) forged.set(first!);
    forged.set(second!, 6);
  }
  const ip = locate(forged);
  if (ip === undefined) return forged;
  const second4 = Uint8Array.of(192, 0, 2, 20);
  const second6 = Uint8Array.fromHex("20010db8000000000000000000000020");
  forged.set(ip.addressLen === 4 ? second4 : second6, ip.srcAt);
  repair(forged);
  return forged;
}
