/**
 * Puts a load on whoever answers, for a while.
 *
 * @module
 */

import { IP_SRC, L4, STACK, type Target, Template } from "../template.ts";
import { isSound, type Load } from "./load.ts";
import type { LoadPort, Take } from "./load_port.ts";
import { pingFrame } from "./single.ts";

const BATCH = 64;
const TAIL_MS = 400; // silence after which what is not answered never will be
const PROBE_ID = 0xbeef;
const PROBE_MS = 2;
const ICMP_SEQ = L4 + 6;
const ECHO_REPLY = 0;

/** What a load came to. */
export interface Outcome {
  /** How long it lasted, in milliseconds. */
  readonly milliseconds: number;
  /** Frames that were sent. */
  readonly sent: number;
  /** What was asked, and is to be answered. */
  readonly asked: number;
  /** What was answered as it should be. */
  readonly answered: number;
  /** Frames that should not have come, or not like that. */
  readonly wrong: number;
  /** Round trips of pings meanwhile, in microseconds, ascending. */
  readonly roundTrips: readonly number[];
}

/**
 * Asks for a while, as fast as can be or as the load has it, and takes what
 * comes back.
 *
 * @param port Where frames leave and come.
 * @param load What is asked; absent: only pings.
 * @param milliseconds How long.
 * @param most Most that is asked; infinity if absent.
 */
export function run(
  port: LoadPort,
  load: Load | undefined,
  milliseconds: number,
  most = Infinity,
): Outcome {
  const { view } = port.arena;
  const probes = new Probes(port);
  const sentBefore = port.sent;
  let wrong = 0;
  const take = (at: number, end: number, frame: number): void => {
    if (probes.take(at, end, frame) || load?.take(at, end)) return;
    if (view.getUint8(at) & 1) return; // to a group: what a link talks about
    wrong++;
  };
  const start = performance.now();
  let elapsed = 0;
  while (elapsed < milliseconds && (load?.asked ?? 0) < most) {
    const due = Math.min(
      load?.pace === undefined
        ? BATCH
        : Math.ceil(load.pace * elapsed / 1000) - load.asked,
      BATCH,
    );
    let count = 0;
    while (load !== undefined && count < due && load.ask()) count++;
    if (elapsed >= probes.count * PROBE_MS) probes.ask();
    port.outbox.flush();
    port.receive(take, count === 0 ? 1 : 0);
    elapsed = performance.now() - start;
  }
  const isDone = (): boolean =>
    load?.asked === load?.answered && probes.isMissingNone;
  drain(port, take, isDone);
  return {
    milliseconds: elapsed,
    sent: port.sent - sentBefore,
    asked: load?.asked ?? 0,
    answered: load?.answered ?? 0,
    wrong,
    roundTrips: probes.roundTrips.toSorted((a, b) => a - b),
  };
}

/** Takes what is late, until nothing is missing or nothing comes any more. */
function drain(
  port: LoadPort,
  take: Take,
  isDone: () => boolean = () => false,
): void {
  let lastAt = performance.now();
  while (!isDone() && performance.now() - lastAt < TAIL_MS) {
    port.receive((at, end, frame) => {
      take(at, end, frame);
      lastAt = performance.now();
    }, 1);
    port.outbox.flush();
  }
}

/**
 * Finds out how long it takes until somebody answers.
 *
 * @param port Where frames leave and come.
 * @param since Moment of the port's clock to count from.
 * @param patience Longest wait, in milliseconds.
 * @param target Whom to ask.
 * @returns Microseconds until the answer to the first of many pings that was
 * answered came.
 */
export function firstAnswer(
  port: LoadPort,
  since: number,
  patience: number,
  target: Target = STACK,
): number {
  const probes = new Probes(port, target);
  let first = -1;
  const end = performance.now() + patience;
  while (first < 0 && performance.now() < end) {
    probes.ask();
    port.outbox.flush();
    port.receive((at, end, frame) => {
      if (!probes.take(at, end, frame) || first >= 0) return;
      first = port.elapsed(frame, since);
    }, 1);
  }
  if (first < 0) throw new Error("Nobody answers");
  drain(port, () => {});
  return first;
}

/** Pings whose round trips are measured by the stamps of the kernel. */
class Probes {
  readonly #port: LoadPort;
  readonly #template: Template;
  readonly #source: number;
  readonly #sentAt: number[] = [];

  /** Round trips, in microseconds. */
  readonly roundTrips: number[] = [];

  constructor(port: LoadPort, target: Target = STACK) {
    this.#port = port;
    this.#template = new Template(pingFrame(PROBE_ID, target));
    this.#source = Number(`0x${target.ip}`);
  }

  /** Pings that were sent. */
  get count(): number {
    return this.#sentAt.length;
  }

  /** Whether all of them were answered. */
  get isMissingNone(): boolean {
    return this.roundTrips.length === this.count;
  }

  /** Sends one, and all that waits. */
  ask(): void {
    const { arena, outbox } = this.#port;
    const at = outbox.freeAt;
    const number = this.count & 0xffff;
    this.#port.put(this.#template, number);
    arena.view.setUint16(at + ICMP_SEQ, number);
    const checksum = arena.view.getUint16(at + L4 + 2) - number;
    arena.view.setUint16(at + L4 + 2, checksum + (checksum < 0 ? 0xffff : 0));
    this.#sentAt.push(this.#port.now());
    outbox.flush();
  }

  take(at: number, end: number, frame: number): boolean {
    const { view } = this.#port.arena;
    if (
      !isSound(view, at, end) || view.getUint32(at + IP_SRC) !== this.#source ||
      view.getUint16(at + L4) !== ECHO_REPLY ||
      view.getUint16(at + L4 + 4) !== PROBE_ID
    ) return false;
    const sentAt = this.#sentAt[view.getUint16(at + ICMP_SEQ)];
    if (sentAt === undefined) return false;
    this.roundTrips.push(this.#port.elapsed(frame, sentAt));
    return true;
  }
}
