/**
 * How much more comes out than went in, at worst: IP headers included, and for
 * peers that have proved nothing.
 *
 * @module
 */

import { PROTOCOL_NAMES, PROTOCOLS, speakOnly } from "../../src/proto/mod.ts";
import { UDP } from "../../src/protocol.ts";
import { NO_TAG } from "../../src/stack/link.ts";
import { VERDICTS } from "../../src/verdict.ts";
import { recordedMessages, vectorFrames } from "../fuzz/corpus.ts";
import { dice, pick } from "../fuzz/dice.ts";
import { mutate, mutateFrame } from "../fuzz/mutate.ts";
import {
  IPPROTO,
  locate,
  messageAt,
  repair,
  typeAt,
  viewOf,
} from "../fuzz/packet.ts";
import { type HarnessOptions, makeStack, START } from "../harness.ts";

const HOUR = 3_600_000;
const AN_HOUR = 40; // frames, so that nobody is muted and no budget spent
const HEADERS4 = 28;
const QUESTION_MAX = 1472; // octets that fit a packet

/** A STUN binding request with the longest SOFTWARE, RFC 8489 §14.14. */
const LONG_BINDING = Uint8Array.fromHex(
  "000102002112a442000102030405060708090a0b802201fc" + "78".repeat(0x1fc),
);

/** Values of `--amplification-limit`, the default first. */
export const LIMITS = { "3": 3, "1": 1, off: Infinity } as const;
/** One of them, as on the command line. */
export type Limit = keyof typeof LIMITS;

/** Protocols that answer datagrams, by name. */
export const OVER_UDP: readonly string[] = PROTOCOL_NAMES.filter((_, i) =>
  (PROTOCOLS[i]!.transports & UDP) !== 0
);

/** A question, and how much longer its answer is. */
export interface Worst {
  /** The message, or the frame. */
  readonly question: Uint8Array;
  /** Octets of its packet. */
  readonly asked: number;
  /** Octets of all packets that answer it; 0 without. */
  readonly answered: number;
}

/** How many times as long as the question the answer is. */
export function ratioOf({ answered, asked }: Worst): number {
  return answered / asked;
}

/** A stack that is asked, each time as if for the first. */
class Scale {
  readonly #bench: ReturnType<typeof makeStack>;
  #sent: Uint8Array[] = [];
  #count = 0;

  constructor(options: HarnessOptions) {
    this.#bench = makeStack(options, (outbox) => {
      const { bytes } = this.#bench.arena;
      for (let i = 0; i < outbox.count; i++) {
        this.#sent.push(bytes.slice(outbox.slotAt(i), outbox.ends[i]));
      }
    });
  }

  /** Shows the stack a frame: what it answers, and by which verdict. */
  show(frame: Uint8Array): { verdict: string; answers: Uint8Array[] } {
    const { arena: { bytes }, outbox, stack } = this.#bench;
    if (this.#count++ % AN_HOUR === 0) {
      stack.tick(START + this.#count * HOUR);
    }
    const at = bytes.length - frame.length;
    bytes.set(frame, at);
    const verdict = stack.receive(at, bytes.length, NO_TAG, false);
    outbox.flush();
    return { verdict: VERDICTS[verdict]!, answers: this.#sent.splice(0) };
  }

  /** Weighs the answer to a datagram. */
  weigh(question: Uint8Array): Worst {
    const { answers } = this.show(datagram(question));
    const answered = answers.reduce((sum, it) => sum + packetLen(it), 0);
    return { question, asked: HEADERS4 + question.length, answered };
  }
}

/** Octets of the packet that a frame carries. */
function packetLen(frame: Uint8Array): number {
  return (locate(frame)?.end ?? typeAt(frame) + 30) - typeAt(frame) - 2;
}

/** A datagram to port 111 over IPv4, whose headers are shortest. */
export function datagram(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(14 + HEADERS4 + payload.length);
  const view = viewOf(frame);
  frame.set(Uint8Array.fromHex("0200000000010200000000020800"));
  frame.set(Uint8Array.fromHex("450000000000400040110000c0000201c000020a"), 14);
  view.setUint16(16, HEADERS4 + payload.length);
  view.setUint16(34, 40_000);
  view.setUint16(36, 111);
  view.setUint16(38, 8 + payload.length);
  frame.set(payload, 42);
  repair(frame);
  return frame;
}

/** Messages of all captures, however they came, and datagrams of all vectors. */
export function questions(): Uint8Array[] {
  const ofVectors = vectorFrames().flatMap((frame) => {
    const ip = locate(frame);
    if (ip?.protocol !== IPPROTO.udp) return [];
    const at = messageAt(frame, ip);
    return at === undefined || at === ip.end ? [] : [frame.slice(at, ip.end)];
  });
  const recorded = recordedMessages()
    .map(({ message }) => message)
    .filter(({ length }) => length <= QUESTION_MAX);
  return [...recorded, ...ofVectors, LONG_BINDING];
}

/**
 * Looks for the question that a protocol answers at greatest length for its
 * own: climbs from those that are known, mutation by mutation.
 *
 * @param name Name of the protocol.
 * @param limit The limit that holds.
 * @param begin Questions to begin with.
 * @param tries How many to try besides.
 * @param seed Seed of all that is random.
 * @returns The worst that was found.
 */
export function worstOf(
  name: string,
  limit: Limit,
  begin: readonly Uint8Array[],
  tries: number,
  seed: number,
): Worst {
  const scale = new Scale({
    protocols: speakOnly([name]),
    amplificationLimit: LIMITS[limit],
  });
  const random = dice(seed);
  const weighed = begin.map((question) => scale.weigh(question))
    .toSorted((one, other) => ratioOf(other) - ratioOf(one));
  let [worst] = weighed;
  for (let i = 0; i < tries; i++) {
    // Half of them from the worst, half from any.
    const from = ratioOf(worst!) > 0 && random(2)
      ? worst!
      : pick(weighed, random);
    const found = scale.weigh(mutate(from.question, random, begin));
    if (ratioOf(found) > ratioOf(worst!)) worst = found;
  }
  return worst!;
}

/** Verdicts on what is no datagram, and what they are called in the table. */
export const OTHERS: ReadonlyMap<string, string> = new Map([
  ["tcp_syn_ack", "TCP: SYN-ACK to a SYN"],
  ["tcp_reset_sent", "TCP: reset"],
  ["port_unreachable", "UDP: port unreachable"],
  ["icmpv4_echo_reply", "ping"],
  ["icmpv6_echo_reply", "ping, IPv6"],
  ["neighbor_advertisement", "neighbour discovery"],
  ["arp_reply", "ARP"],
]);

/**
 * Weighs the answers to frames from peers that have proved nothing.
 *
 * @param frames The frames.
 * @param mutants How many to make of them besides.
 * @param seed Seed of all that is random.
 * @param amplificationLimit The limit that holds.
 * @returns The worst by verdict, for all of {@linkcode OTHERS}.
 * @throws {Error} If any of them is told anything by TCP but "agreed" and
 * "reset", or more than one packet.
 */
export function worstOfOthers(
  frames: readonly Uint8Array[],
  mutants: number,
  seed: number,
  amplificationLimit: number,
): Map<string, Worst> {
  const scale = new Scale({ ports: "tcp/22,80,udp/53", amplificationLimit });
  const random = dice(seed);
  const worst = new Map<string, Worst>();
  for (let i = 0; i < frames.length + mutants; i++) {
    const question = i < frames.length
      ? frames[i]!
      : mutateFrame(frames[random(frames.length)]!, random, frames);
    const { answers, verdict } = scale.show(question);
    if (answers.length > 1) throw new Error(`${answers.length} answers`);
    const [answer] = answers;
    if (answer === undefined) continue;
    demandNoPayload(answer);
    if (!OTHERS.has(verdict)) continue;
    const found = {
      question,
      asked: packetLen(question),
      answered: packetLen(answer),
    };
    const before = worst.get(verdict);
    if (before === undefined || ratioOf(before) < ratioOf(found)) {
      worst.set(verdict, found);
    }
  }
  return worst;
}

/** RFC 9293 §3.10: a TCP that knows nobody says SYN-ACK or RST, and no more. */
function demandNoPayload(answer: Uint8Array): void {
  const ip = locate(answer);
  if (ip?.protocol !== IPPROTO.tcp) return;
  const flags = answer[ip.payloadAt + 13]! & 0x3f;
  const isBare = messageAt(answer, ip) === ip.end;
  if (!isBare || ![0x12, 0x04, 0x14].includes(flags)) {
    throw new Error(`An unproven peer is told ${answer.toHex()}`);
  }
}
