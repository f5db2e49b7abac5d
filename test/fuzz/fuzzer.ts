/**
 * Feeds stacks mutated frames and forged conversations, and inspects every
 * answer. A run consists of episodes, each with a new stack and a seed of its
 * own, so that one can be repeated without the others.
 *
 * @module
 */

import { LISTEN } from "../../src/record/layout.ts";
import { NO_TAG, vlanTag } from "../../src/stack/link.ts";
import { VERDICTS } from "../../src/verdict.ts";
import { type HarnessOptions, makeStack, START } from "../harness.ts";
import type { Corpus } from "./corpus.ts";
import { type Dice, dice, pick } from "./dice.ts";
import { inspect } from "./inspect.ts";
import { minimise } from "./minimise.ts";
import { join, mutate, mutateFrame } from "./mutate.ts";
import { IPPROTO, locate, type Located, repair, viewOf } from "./packet.ts";

const EPISODE = 20_000; // frames
const SYN_ACK = 0x12;
const PSH_ACK = 0x18;
const FIN_ACK = 0x11;
const POISON_LEN = 512; // octets in front of a frame

/** The stacks that are fuzzed. */
export const FUZZED: readonly HarnessOptions[] = [
  { persona: "linux", listen: LISTEN.everything | LISTEN.exchanges },
  { persona: "classic", listen: LISTEN.everything | LISTEN.exchanges },
  { persona: "linux", ports: "tcp/22,80,445,udp/53,111" },
  { persona: "classic", ports: "tcp/80,udp/53", amplificationLimit: 1e9 },
  { persona: "linux", list: false, amplificationLimit: 1e9 },
];

/** A frame as it is shown to a stack. */
export interface Shown {
  /** The frame. */
  readonly frame: Uint8Array;
  /** VLAN tag beside it, or `NO_TAG`. */
  readonly tag: number;
  /** Time, in milliseconds since {@linkcode START}. */
  readonly time: number;
}

/** What came of a run. */
export interface FuzzResult {
  /** Frames that were received. */
  readonly frames: number;
  /** Frames that were sent in answer. */
  readonly answers: number;
  /** Frames by verdict. */
  readonly verdicts: Float64Array;
}

/** A stack, frames to it, and eyes on its answers. */
class Subject {
  readonly #bench: ReturnType<typeof makeStack>;
  readonly #poison: number;
  readonly #isClassic: boolean;
  #sent: Uint8Array[] = [];

  /** A sum over all answers, to tell runs apart. */
  digest = 0;
  /** Answers so far. */
  answers = 0;

  constructor(options: HarnessOptions, poison: number) {
    this.#poison = poison;
    this.#isClassic = options.persona === "classic";
    this.#bench = makeStack(options, (outbox) => {
      const { bytes } = this.#bench.arena;
      for (let i = 0; i < outbox.count; i++) {
        this.#sent.push(bytes.slice(outbox.slotAt(i), outbox.ends[i]));
      }
    });
  }

  /** Frames by verdict. */
  get verdicts(): Float64Array {
    return this.#bench.stack.counts;
  }

  /**
   * Shows the stack a frame, at the very end of memory and behind poison.
   *
   * @returns What it answers.
   * @throws {Error} If it throws, or answers what it should not.
   */
  show({ frame, tag, time }: Shown): readonly Uint8Array[] {
    const { arena: { bytes }, outbox, stack } = this.#bench;
    const at = bytes.length - frame.length;
    bytes.fill(this.#poison, at - POISON_LEN, at);
    bytes.set(frame, at);
    this.#sent = [];
    stack.tick(START + time);
    outbox.flush();
    const late = this.#sent.length;
    const verdict = stack.receive(at, bytes.length, tag, false);
    outbox.flush();
    if (!(verdict in VERDICTS)) throw new Error(`Verdict ${verdict}`);
    for (const [i, answer] of this.#sent.entries()) {
      inspect(answer, i < late ? undefined : frame, this.#isClassic);
      this.answers++;
      for (let at = 0; at < answer.length; at++) {
        this.digest = Math.imul(this.digest ^ answer[at]!, 0x01000193);
      }
    }
    return this.#sent;
  }
}

/**
 * Runs stacks on frames that nobody would send in good faith.
 *
 * @param corpus What to begin with.
 * @param seed Seed of all that is random; the same seed, the same run.
 * @param rounds Number of frames.
 * @param options How the stacks differ from the usual one.
 * @param sample Is shown some of the answers.
 * @returns What came of it.
 * @throws {Error} If a stack throws, an answer is not well formed or depends on
 * more than the frames; the message has the fewest frames that lead to it.
 */
export function fuzz(
  corpus: Corpus,
  seed: number,
  rounds: number,
  options: HarnessOptions,
  sample: (answer: Uint8Array) => void = () => {},
): FuzzResult {
  const verdicts = new Float64Array(VERDICTS.length);
  let answers = 0;
  for (let done = 0; done < rounds; done += EPISODE) {
    const count = Math.min(EPISODE, rounds - done);
    const subject = new Subject(options, 0xa5);
    const shown: Shown[] = [];
    try {
      play(subject, corpus, dice(seed + done), count, shown, sample);
    } catch (error) {
      throw failure(`Seed ${seed + done}`, options, shown, error);
    }
    // Again: what is in front of a frame in memory must not matter.
    if (done % (8 * EPISODE) === 0) {
      const twin = new Subject(options, 0x00);
      for (const one of shown) twin.show(one);
      if (twin.digest !== subject.digest) {
        throw new Error(`Seed ${seed + done}: answers depend on the memory`);
      }
    }
    answers += subject.answers;
    subject.verdicts.forEach((value, i) => verdicts[i]! += value);
  }
  return { frames: rounds, answers, verdicts };
}

/** One episode: every frame is noted before it is shown. */
function play(
  subject: Subject,
  corpus: Corpus,
  random: Dice,
  count: number,
  shown: Shown[],
  sample: (answer: Uint8Array) => void,
): void {
  let open: Uint8Array | undefined; // a SYN-ACK that waits for its ACK
  let time = 0;
  for (let round = 0; round < count; round++) {
    if (round % 64 === 0) time += 512;
    const frame = open === undefined || random(4) === 0
      ? mutateFrame(pick(corpus.frames, random), random, corpus.messages)
      : goOn(open, corpus, random);
    if (random(4) === 0) open = undefined;
    const tag = random(16) === 0 ? vlanTag(random(65_536)) : NO_TAG;
    const one = { frame, tag, time };
    shown.push(one);
    for (const answer of subject.show(one)) {
      if (random(64) === 0) sample(answer);
      if (isTcp(answer, SYN_ACK)) open = answer;
    }
  }
}

/** Makes an error that a person can use: `show` tells how to repeat it. */
function failure(
  name: string,
  options: HarnessOptions,
  shown: readonly Shown[],
  cause: unknown,
): Error {
  const { message } = cause as Error;
  const fails = (some: readonly Shown[]): boolean => {
    const subject = new Subject(options, 0xa5);
    try {
      for (const one of some) subject.show(one);
      return false;
    } catch (error) {
      return (error as Error).message === message;
    }
  };
  if (!fails(shown)) return new Error(`${name}: ${message}`, { cause });
  let few = minimise(shown, fails);
  // And of the last frame, the octets that matter.
  const last = few.at(-1)!;
  const withLast = (octets: readonly number[]): Shown[] => {
    const frame = Uint8Array.from(octets);
    return [...few.slice(0, -1), { ...last, frame }];
  };
  few = withLast(minimise([...last.frame], (some) => fails(withLast(some))));
  return new Error(`${name}: ${message}\n${print(options, few)}`, { cause });
}

/** Writes frames as in `test/fuzz/cases/`. */
export function print(
  options: HarnessOptions,
  shown: readonly Shown[],
): string {
  const rows = shown.map(({ frame, tag, time }) =>
    JSON.stringify({ time, tag, frame: frame.toHex() })
  );
  return [JSON.stringify(options), ...rows, ""].join("\n");
}

/**
 * Shows a new stack what was printed.
 *
 * @param text What {@linkcode print} wrote.
 * @returns How many frames it answered with.
 * @throws {Error} As {@linkcode fuzz}.
 */
export function replay(text: string): number {
  const [options, ...rows] = text.trimEnd().split("\n");
  const subject = new Subject(JSON.parse(options!), 0xa5);
  for (const row of rows) {
    const { frame, tag, time } = JSON.parse(row);
    subject.show({ frame: Uint8Array.fromHex(frame), tag, time });
  }
  return subject.answers;
}

/** A segment that goes on after a SYN-ACK, more or less in order. */
function goOn(synAck: Uint8Array, corpus: Corpus, random: Dice): Uint8Array {
  const message = pick(corpus.messages, random).subarray(0, 1400);
  const payload = random(2)
    ? message
    : mutate(message, random, corpus.messages);
  const ip = locate(synAck)!;
  const frame = join(synAck.subarray(0, ip.payloadAt + 20), payload);
  turnRound(frame, synAck, ip);
  const view = viewOf(frame);
  const tcp = ip.payloadAt;
  const drift = random(3) ? 0 : random(64) - 8;
  const before = viewOf(synAck);
  view.setInt32(tcp + 4, before.getInt32(tcp + 8) + drift);
  view.setInt32(tcp + 8, before.getInt32(tcp + 4) + 1);
  view.setUint8(tcp + 12, 5 << 4);
  view.setUint8(tcp + 13, random(5) ? PSH_ACK : FIN_ACK);
  view.setUint16(tcp + 14, pick([65_535, 0, 1, 1000], random));
  if (ip.addressLen === 4) view.setUint16(ip.at + 2, frame.length - ip.at);
  else view.setUint16(ip.at + 4, frame.length - ip.payloadAt);
  repair(frame);
  return frame;
}

/** Swaps the addresses and ports of a frame. */
function turnRound(frame: Uint8Array, from: Uint8Array, ip: Located): void {
  const { addressLen, dstAt, payloadAt, srcAt } = ip;
  frame.set(from.subarray(6, 12), 0);
  frame.set(from.subarray(0, 6), 6);
  frame.set(from.subarray(dstAt, dstAt + addressLen), srcAt);
  frame.set(from.subarray(srcAt, srcAt + addressLen), dstAt);
  frame.set(from.subarray(payloadAt, payloadAt + 2), payloadAt + 2);
  frame.set(from.subarray(payloadAt + 2, payloadAt + 4), payloadAt);
}

function isTcp(frame: Uint8Array, flags: number): boolean {
  const ip = locate(frame);
  return ip?.protocol === IPPROTO.tcp && frame[ip.payloadAt + 13] === flags;
}
