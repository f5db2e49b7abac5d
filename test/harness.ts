/**
 * A stack on plain memory: frames in, frames out.
 *
 * @module
 */

import { loadAddressSet } from "../src/address/list.ts";
import { AddressSet, type AddressTables } from "../src/address/set.ts";
import type { Translation } from "../src/address/translation.ts";
import { loadTranslations } from "../src/address/translation_list.ts";
import { Arena } from "../src/arena.ts";
import { readPorts } from "../src/cli/ports.ts";
import { Outbox, type Send } from "../src/outbox.ts";
import { PERSONAS } from "../src/persona/mod.ts";
import { EVERY_PORT } from "../src/ports.ts";
import { PROTOCOLS } from "../src/proto/mod.ts";
import type { Protocol } from "../src/protocol.ts";
import { BUFFER_LEN, LISTEN, type Listen } from "../src/record/layout.ts";
import { Recorder, type Ship } from "../src/record/recorder.ts";
import { KEY_LEN } from "../src/siphash.ts";
import { NO_TAG, vlanTag } from "../src/stack/link.ts";
import { Stack, STACK_MEMORY } from "../src/stack/stack.ts";
import { VERDICTS } from "../src/verdict.ts";

/** Hardware address of the stack under test. */
export const SELF_MAC = "02:00:00:00:00:01";
/** Addresses of the stack under test. */
export const SELF_IPS = "192.0.2.10,192.0.2.11,2001:db8::10";
/** Time that the stack under test starts at, in milliseconds since 1970. */
export const START = Date.UTC(2026, 0, 1);
const FRAME_MAX = 65_536;
const SLOTS = 64;
const SLOT_LEN = 2048;

/** How a stack under test differs from the usual one. */
export interface HarnessOptions {
  /** Its hardware address; {@linkcode SELF_MAC} by default. */
  readonly mac?: string;
  /** Persona, by name. */
  readonly persona?: string;
  /** Whether it has a list of addresses rather than every address. */
  readonly list?: boolean;
  /** That list; {@linkcode SELF_IPS} by default. */
  readonly own?: string;
  /** Broadcast addresses of networks on the link; none are known by default. */
  readonly broadcast?: readonly string[];
  /** Addresses that it says nothing to. */
  readonly deny?: readonly string[];
  /** What clients call its addresses, as `--public-ip` takes it. */
  readonly publicIp?: string;
  /** Its open ports; every one by default. */
  readonly ports?: string;
  /** What it answers. */
  readonly protocols?: readonly Protocol[];
  /** How many times as long as a datagram its answer may be, 3 if not said. */
  readonly amplificationLimit?: number;
  /** What it records. */
  readonly listen?: Listen;
  /** When its key came into use; with its first tick if absent. */
  readonly startedAt?: number;
}

/** A stack and what is around it. */
export interface Bench {
  /**
   * Memory. Frames are put at its very end, so that reading even one octet too
   * far is a `RangeError` and not somebody else's packet.
   */
  readonly arena: Arena;
  /** Where answers wait. */
  readonly outbox: Outbox;
  /** What the stack records; each buffer that is full is written again. */
  readonly recorder: Recorder;
  /** The stack, at {@linkcode START}. */
  readonly stack: Stack;
}

/**
 * Makes a stack.
 *
 * @param options How it differs from the usual one.
 * @param send Takes its answers.
 * @param ship Reads its records.
 * @returns The stack and what is around it.
 */
export function makeStack(
  options: HarnessOptions,
  send: Send,
  ship: Ship = () => {},
): Bench {
  const { persona = "linux", list = true, deny = [], own = SELF_IPS } = options;
  const set = (...texts: string[]): AddressTables =>
    (loadAddressSet("--self-ip", [], texts) ?? AddressSet.of([])).tables;
  const memory = STACK_MEMORY + SLOTS * SLOT_LEN + FRAME_MAX;
  const arena = new Arena(new ArrayBuffer(memory));
  const outbox = new Outbox(arena, SLOTS, SLOT_LEN, send);
  const listen = options.listen ?? LISTEN.nothing;
  const recorder = new Recorder(arena.bytes, listen, (buffer, length) => {
    ship(buffer, length);
    recorder.give(buffer);
  });
  recorder.give(new ArrayBuffer(BUFFER_LEN));
  const stack = new Stack(arena, outbox, recorder, {
    mac: Uint8Array.fromHex((options.mac ?? SELF_MAC).replaceAll(":", "")),
    mtu: 1500,
    policy: {
      own: list ? set(own) : undefined,
      reserved: set(),
      broadcast: set(...options.broadcast ?? []),
      denied: set(...deny),
      translations: translationsOf(options),
    },
    persona: PERSONAS.find(({ name }) => name === persona)!,
    amplificationLimit: options.amplificationLimit ?? 3,
    protocols: options.protocols ?? PROTOCOLS,
    ports: options.ports === undefined ? EVERY_PORT : readPorts(options.ports)!,
    key: Uint8Array.from({ length: KEY_LEN }, (_, i) => i),
    ...options.startedAt === undefined ? {} : { startedAt: options.startedAt },
  });
  stack.tick(START);
  return { arena, outbox, recorder, stack };
}

/** What clients call the addresses of such a stack. */
export function translationsOf(
  { publicIp = "" }: HarnessOptions,
): readonly Translation[] {
  return loadTranslations([publicIp], undefined, []);
}

/** A stack that is shown one frame after the other. */
export class Harness {
  readonly #bench: Bench;
  #sent: Uint8Array<ArrayBuffer>[] = [];

  /** The stack. */
  readonly stack: Stack;
  /** Memory that frames are put into. */
  readonly arena: Arena;
  /** Verdict on the frame received last, by name. */
  verdict = "";

  /**
   * Makes a stack.
   *
   * @param options How it differs from the usual one.
   */
  constructor(options: HarnessOptions = {}) {
    this.#bench = makeStack(options, (outbox) => {
      for (let i = 0; i < outbox.count; i++) {
        const at = outbox.slotAt(i);
        this.#sent.push(this.arena.bytes.slice(at, outbox.ends[i]));
      }
    });
    this.stack = this.#bench.stack;
    this.arena = this.#bench.arena;
  }

  /**
   * Lets the stack receive a frame.
   *
   * @param frame Its octets. What is in front of them in memory is poison.
   * @param tci VLAN tag delivered beside the frame.
   * @returns Frames that the stack sent.
   */
  receive(frame: Uint8Array, tci?: number): Uint8Array<ArrayBuffer>[] {
    const { bytes } = this.arena;
    const end = bytes.length;
    const at = end - frame.length;
    bytes.fill(0xa5, end - FRAME_MAX, at); // nothing may leak from before
    bytes.set(frame, at);
    const tag = tci === undefined ? NO_TAG : vlanTag(tci);
    const verdict = this.stack.receive(at, end, tag, false);
    this.verdict = VERDICTS[verdict]!;
    return this.flush();
  }

  /** Returns frames that the stack sent because time passed. */
  flush(): Uint8Array<ArrayBuffer>[] {
    this.#bench.outbox.flush();
    return this.#sent.splice(0);
  }
}

const HARNESSES = new Map<string, Harness>();

/**
 * Shows a stack one frame.
 *
 * @param request Frame, as hexadecimal octets.
 * @param options How the stack differs from the usual one.
 * @param options.vlan VLAN tag delivered beside the frame.
 * @returns First frame that it answered with, in the same form, or `null`.
 */
export function exchange(
  request: string,
  options: HarnessOptions & { readonly vlan?: number },
): string | null {
  const { vlan, ...rest } = options;
  const key = JSON.stringify(rest);
  const harness = HARNESSES.get(key) ?? new Harness(rest);
  HARNESSES.set(key, harness);
  return harness.receive(Uint8Array.fromHex(request), vlan)[0]?.toHex() ?? null;
}
