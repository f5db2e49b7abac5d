/**
 * Conversations of several clients at once, whose segments are lost, repeated,
 * reordered, cut anew and forged. However they come: a stream that is
 * acknowledged to its end is answered as if it had come in one piece.
 *
 * @module
 */

import { NO_TAG } from "../../src/stack/link.ts";
import { type HarnessOptions, makeStack, START } from "../harness.ts";
import { type Dice, dice, pick } from "./dice.ts";
import { inspect } from "./inspect.ts";
import { minimise } from "./minimise.ts";
import { join, mutate } from "./mutate.ts";
import { Peer } from "./peer.ts";

const CLIENTS_MAX = 4;
const STEPS_MAX = 60;
const STREAM_MAX = 6000; // a request must fit into a buffer
const SEGMENT_MAX = 1200;
const ROUNDS_MAX = 400;
const QUIET_ROUNDS = 4;
const GREETED = [22]; // ports
const PORTS = [80, 445, 111, 53, ...GREETED];
const WAIT_MS = 90; // times STEPS_MAX: less than a greeting repeats, or a date
const WAITS_MAX = 10;
const SYN_OPTIONS = ["", "020405b4", "02040218", "0204001001030307"];
/** Payload that SYNs with these options allow: 536 without, RFC 9293 §3.7.1. */
const MSS = [536, 1460, 536, 536];
/** By how many bits windows are scaled after them. */
const SHIFTS = [0, 0, 0, 7];
const WINDOWS = [65_535, 100, 1, 0];

/** One thing that happens. */
interface Step {
  readonly client: number;
  readonly does: "says" | "acks" | "waits" | "is forged" | "lies";
  readonly at: number;
  readonly length: number;
  readonly number: number;
}

/** A conversation: some steps of it are one, too. */
interface Plan {
  readonly streams: readonly Uint8Array[];
  readonly ports: readonly number[];
  readonly options: readonly number[]; // of the SYNs
  readonly windows: readonly number[]; // that they announce
  readonly isIpv6: boolean;
  readonly ends: boolean;
  readonly steps: readonly Step[];
}

/** What came of a run. */
export interface ConversationResult {
  /** Frames that clients sent. */
  readonly frames: number;
  /** Streams that were compared. */
  readonly streams: number;
  /** Octets that they were answered with. */
  readonly octets: number;
}

/**
 * Holds conversations.
 *
 * @param messages What clients say.
 * @param seed Seed of all that is random.
 * @param count How many conversations.
 * @param options How the stack differs from the usual one.
 * @returns What came of it.
 * @throws {Error} If the stack throws, contradicts itself or answers a stream
 * in another way than in one piece; the message has the shortest plan for it.
 */
export function converse(
  messages: readonly Uint8Array[],
  seed: number,
  count: number,
  options: HarnessOptions = {},
): ConversationResult {
  const total = { frames: 0, streams: 0, octets: 0 };
  const random = dice(seed);
  let stage = new Stage(options);
  for (let i = 0; i < count; i++) {
    if (i % 500 === 499) stage = new Stage(options);
    const plan = draw(messages, random);
    try {
      const result = stage.hold(plan);
      total.frames += result.frames;
      total.streams += result.streams;
      total.octets += result.octets;
    } catch (error) {
      throw failure(`Seed ${seed}, conversation ${i}`, plan, options, error);
    }
  }
  return total;
}

function failure(
  name: string,
  plan: Plan,
  options: HarnessOptions,
  cause: unknown,
): Error {
  const { message } = cause as Error;
  const fails = (steps: readonly Step[]): boolean => {
    try {
      new Stage(options).hold({ ...plan, steps });
      return false;
    } catch (error) {
      return (error as Error).message === message;
    }
  };
  const steps = fails(plan.steps) ? minimise(plan.steps, fails) : plan.steps;
  const streams = plan.streams.map((stream) => stream.toHex());
  const text = JSON.stringify({ options, plan: { ...plan, streams, steps } });
  return new Error(`${name}: ${message}\n${text}`, { cause });
}

/**
 * Holds a conversation that failed once.
 *
 * @param text What the message said.
 * @throws {Error} If it fails again.
 */
export function holdAgain(text: string): void {
  const { options, plan } = JSON.parse(text);
  const streams = plan.streams.map((hex: string) => Uint8Array.fromHex(hex));
  new Stage(options).hold({ ...plan, streams });
}

/** Draws a plan. */
function draw(messages: readonly Uint8Array[], random: Dice): Plan {
  const clients = 1 + random(CLIENTS_MAX);
  const each = <T>(draw: () => T): T[] => Array.from({ length: clients }, draw);
  const streams = each(() => {
    const once = pick(messages, random);
    const message = (random(3) ? once : join(once, once)).subarray(
      0,
      STREAM_MAX,
    );
    return random(3) ? message : mutate(message, random, messages);
  });
  let waits = 0;
  const ends = each(() => 0);
  const steps = Array.from({ length: random(STEPS_MAX) }, (): Step => {
    const client = random(clients);
    const { length } = streams[client]!;
    // Where the one before ended, or anywhere; in small pieces, mostly.
    const at = random(2) ? ends[client]! : random(length + 1);
    const most = random(4) ? Math.min(32, length - at) : length - at;
    const kinds = [
      "says",
      "says",
      "says",
      "acks",
      "is forged",
      "lies",
    ] as const;
    const isWait = random(12) === 0 && waits++ < WAITS_MAX;
    const does = isWait ? "waits" as const : pick(kinds, random);
    const pieceLen = Math.min(random(most + 1), SEGMENT_MAX);
    if (does === "says") ends[client] = at + pieceLen;
    return {
      client,
      does,
      at,
      length: pieceLen,
      number: random(1 << 30),
    };
  });
  return {
    streams,
    ports: each(() => pick(PORTS, random)),
    options: each(() => random(SYN_OPTIONS.length)),
    windows: each(() => pick(WINDOWS, random)),
    isIpv6: random(2) === 0,
    ends: random(2) === 0,
    steps,
  };
}

/** Two stacks that are alike: one for the conversation, one to compare with. */
class Stage {
  readonly #benches;
  readonly #options: HarnessOptions;
  #sent: Uint8Array[] = [];
  #time = 0;
  #frames = 0;

  constructor(options: HarnessOptions) {
    this.#options = options;
    const bench = (): ReturnType<typeof makeStack> => {
      const made = makeStack(options, (outbox) => {
        for (let i = 0; i < outbox.count; i++) {
          const { bytes } = made.arena;
          this.#sent.push(bytes.slice(outbox.slotAt(i), outbox.ends[i]));
        }
      });
      return made;
    };
    this.#benches = [bench(), bench()] as const;
  }

  /** Holds a conversation, and then each stream of it in one piece. */
  hold(plan: Plan): ConversationResult {
    const start = this.#frames;
    this.#time += 120_000; // what was before is forgotten
    const startedAt = this.#time;
    const peers = this.#openAll(0, plan);
    for (const step of plan.steps) this.#step(plan, peers, step);
    for (const i of peers.keys()) this.#finish(0, plan, peers, i);
    let octets = 0;
    let streams = 0;
    this.#time = startedAt;
    const others = this.#openAll(1, plan);
    for (const i of others.keys()) this.#finish(1, plan, others, i, true);
    const said = new TextDecoder("latin1");
    for (const [i, { stream }] of peers.entries()) {
      const expected = others[i]!.stream;
      // What nobody understands in one piece, somebody may in several; and who
      // was greeted is taken at his word.
      const isGreeted = GREETED.includes(plan.ports[i]!) &&
        !said.decode(plan.streams[i]).startsWith("SSH-");
      const isClassic = this.#options.persona === "classic";
      if (expected.length === 0 || isGreeted || isClassic) continue;
      if (stream.toHex() !== expected.toHex()) {
        throw new Error(
          "The answer is another one than to the stream in one piece: " +
            `${JSON.stringify(said.decode(stream))} is not ` +
            JSON.stringify(said.decode(expected)),
        );
      }
      streams++;
      octets += stream.length;
    }
    this.#time += 1000;
    return { frames: this.#frames - start, streams, octets };
  }

  #openAll(bench: 0 | 1, plan: Plan): Peer[] {
    const peers = plan.streams.map((_, number) =>
      new Peer({
        number,
        port: plan.ports[number]!,
        isIpv6: plan.isIpv6,
        synOptions: SYN_OPTIONS[plan.options[number]!]!,
        shift: SHIFTS[plan.options[number]!]!,
        window: plan.windows[number]!,
      })
    );
    for (const peer of peers) this.#show(bench, plan, peers, peer.syn());
    return peers;
  }

  #step(plan: Plan, peers: readonly Peer[], step: Step): void {
    const { at, client, does, length, number } = step;
    const peer = peers[client]!;
    const stream = plan.streams[client]!;
    const end = at + length;
    if (does === "waits") {
      this.#time += WAIT_MS;
      this.#tick(0, plan, peers);
    } else if (does === "says") {
      const isLast = plan.ends && end === stream.length && number % 2 === 0;
      const frame = peer.data(stream.subarray(at, end), at, isLast);
      this.#show(0, plan, peers, frame);
    } else if (does === "acks") {
      const windows = [0, 1, 100, 1000, 65_535];
      const less = number & 8 ? number >> 8 & 0x3ff : 0;
      this.#show(0, plan, peers, peer.ack(windows[number % 5]!, less));
    } else if (does === "lies") {
      // Other octets in place of some that are acknowledged already.
      if (peer.acked === 0) return;
      const from = at % peer.acked;
      const noise = new Uint8Array(Math.min(length, peer.acked - from)).fill(
        33,
      );
      this.#show(0, plan, peers, peer.data(noise, from, false));
    } else if (peer.acked > 0) {
      // Flags, and numbers out of every window, or an acknowledgment of what
      // was never sent.
      const flags = [4, 20, 16, 24, 17, 25, 0, 41][number & 7]!;
      const far = 70_000 + (number >> 4 & 0x3fff_ff);
      const isFar = number & 8 || (flags & 16) === 0 || (flags & 4) !== 0;
      const noise = new Uint8Array(length).fill(63);
      const [drift, ack] = isFar ? [far, 0] : [0, far];
      this.#show(0, plan, peers, peer.forged(flags, drift, ack, noise));
    }
  }

  /** Says the rest, in good faith, until there is nothing more to be heard. */
  #finish(
    bench: 0 | 1,
    plan: Plan,
    peers: readonly Peer[],
    client: number,
    inOnePiece = false,
  ): void {
    const peer = peers[client]!;
    const stream = plan.streams[client]!;
    const whole = stream.length + (plan.ends ? 1 : 0);
    let quiet = 0;
    for (let round = 0; quiet < QUIET_ROUNDS; round++) {
      if (round === ROUNDS_MAX) throw new Error("The stream does not end");
      const { acked } = peer;
      const heard = peer.stream.length;
      if (acked < whole) {
        const at = Math.min(acked, stream.length);
        const end = inOnePiece
          ? stream.length
          : Math.min(at + SEGMENT_MAX, stream.length);
        const isLast = plan.ends && end === stream.length;
        const frame = peer.data(stream.subarray(at, end), at, isLast);
        this.#show(bench, plan, peers, frame);
      }
      this.#show(bench, plan, peers, peer.ack(65_535));
      if (acked === whole && whole > 0 && !(plan.ends && peer.isEnded)) {
        // Whoever wants an answer asks again.
        const from = stream.length - 1;
        const isLast = plan.ends;
        const frame = peer.data(stream.subarray(from), from, isLast);
        this.#show(bench, plan, peers, frame);
      }
      const isNews = peer.acked > acked || peer.stream.length > heard;
      quiet = isNews ? 0 : quiet + 1;
    }
    if (peer.acked < whole) throw new Error("The stream is not acknowledged");
  }

  #tick(bench: 0 | 1, plan: Plan, peers: readonly Peer[]): void {
    const { outbox, stack } = this.#benches[bench];
    stack.tick(START + this.#time, START); // which some answers tell
    outbox.flush();
    this.#hear(plan, peers);
  }

  #show(
    bench: 0 | 1,
    plan: Plan,
    peers: readonly Peer[],
    frame: Uint8Array,
  ): void {
    const { arena: { bytes }, outbox, stack } = this.#benches[bench];
    this.#tick(bench, plan, peers);
    const at = bytes.length - frame.length;
    bytes.set(frame, at);
    stack.receive(at, bytes.length, NO_TAG, false);
    outbox.flush();
    this.#frames++;
    this.#hear(plan, peers);
  }

  #hear(plan: Plan, peers: readonly Peer[]): void {
    for (const frame of this.#sent.splice(0)) {
      inspect(frame);
      for (const [i, peer] of peers.entries()) {
        peer.hear(frame, MSS[plan.options[i]!]!);
      }
    }
  }
}
