/**
 * Recognises scanners, and remembers of every source for as long as there is
 * room what it has been recognised as.
 *
 * @module
 */

import { Packet } from "./packet.ts";
import {
  confidenceOf,
  type PacketSign,
  type Recognition,
  type Scanner,
  type Sign,
  type Syn,
} from "./scanner.ts";

/** What is remembered of a source. */
interface Source {
  syn: Syn | undefined;
  readonly recognised: Map<string, Recognition>; // by the scanner's name
}

/** Recognises scanners. */
export class Recogniser {
  readonly #scanners: readonly Scanner[];
  readonly #capacity: number;
  readonly #sources = new Map<string, Source>(); // the oldest first
  readonly #packet = new Packet();

  /**
   * Makes one that has seen nothing.
   *
   * @param scanners Which scanners it knows.
   * @param capacity How many sources it remembers; of more, it forgets those
   * that it has not heard from for longest.
   */
  constructor(scanners: readonly Scanner[], capacity = 16_384) {
    this.#scanners = scanners;
    this.#capacity = capacity;
  }

  /** How many sources are remembered. */
  get size(): number {
    return this.#sources.size;
  }

  /**
   * Looks at a packet.
   *
   * @param src Address that it came from.
   * @param octets Its first octets, from the IP header on: 120 are enough.
   * @param time When it came, in milliseconds since 1970.
   * @returns What it shows about its sender, if anything.
   */
  see(
    src: Uint8Array,
    octets: Uint8Array,
    time: number,
  ): Recognition | undefined {
    const packet = this.#packet;
    if (!packet.open(octets, time)) return undefined;
    const found = this.#find(packet);
    if (packet.kind !== "syn") return this.#remember(src, found);

    const source = this.#sourceOf(src);
    const { dst, dstPort, seq, srcPort } = packet;
    const syn = { sign: found?.sign, seq, dst, srcPort, dstPort };
    const pair = source.syn && this.#findPair(source.syn, syn);
    source.syn = syn;
    return this.#remember(src, pair ?? found);
  }

  /**
   * Looks at what a client said to an application.
   *
   * @param src Address that it came from.
   * @param field What it is, in ECS spelling.
   * @param text The words, as `printable()` shows them.
   * @returns What it shows about its sender, if anything.
   */
  hear(src: Uint8Array, field: string, text: string): Recognition | undefined {
    for (const scanner of this.#scanners) {
      for (const sign of scanner.words ?? []) {
        if (sign.field === field && text.includes(sign.words)) {
          return this.#remember(src, { scanner, sign });
        }
      }
    }
    return undefined;
  }

  /**
   * Tells what a source has been recognised as.
   *
   * @param src Its address.
   * @returns For each scanner the surest sign there was.
   */
  about(src: Uint8Array): readonly Recognition[] {
    const source = this.#sources.get(keyOf(src));
    return source === undefined ? [] : [...source.recognised.values()];
  }

  /** The first sign that names somebody; else the first that might. */
  #find(packet: Packet): Found<PacketSign> | undefined {
    const { kind } = packet;
    let weak: Found<PacketSign> | undefined;
    for (const scanner of this.#scanners) {
      const signs = scanner[kind];
      if (signs === undefined) continue;
      for (const sign of signs) {
        if (!sign.matches(packet)) continue;
        if (confidenceOf(sign) !== undefined) return { scanner, sign };
        weak ??= { scanner, sign };
      }
    }
    return weak;
  }

  #findPair(first: Syn, second: Syn): Found<Sign> | undefined {
    if (isRepeated(first, second)) return undefined;
    for (const scanner of this.#scanners) {
      const sign = scanner.pair?.find((sign) => sign.matches(first, second));
      if (sign !== undefined) return { scanner, sign };
    }
    return undefined;
  }

  /** Remembers what was found, unless it names nobody. */
  #remember(
    src: Uint8Array,
    found: Found<Sign> | undefined,
  ): Recognition | undefined {
    if (found === undefined) return undefined;
    const { scanner: { name, type }, sign: { bits, evidence } } = found;
    const confidence = confidenceOf(found.sign);
    if (confidence === undefined) return undefined;
    const recognition = { name, type, confidence, evidence, bits };
    const { recognised } = this.#sourceOf(src);
    const former = recognised.get(name);
    if (former === undefined || former.bits < bits) {
      recognised.set(name, recognition);
    }
    return recognition;
  }

  /** What is remembered of a source, which is the youngest now. */
  #sourceOf(src: Uint8Array): Source {
    const key = keyOf(src);
    let source = this.#sources.get(key);
    if (source !== undefined) {
      this.#sources.delete(key);
    } else {
      source = { syn: undefined, recognised: new Map() };
      if (this.#sources.size >= this.#capacity) {
        this.#sources.delete(this.#sources.keys().next().value!);
      }
    }
    this.#sources.set(key, source);
    return source;
  }
}

/** A sign, and whose it is. */
interface Found<S extends Sign> {
  readonly scanner: Scanner;
  readonly sign: S;
}

/** Whether two SYNs are the same one, sent again. */
function isRepeated(first: Syn, second: Syn): boolean {
  return first.dst === second.dst && first.dstPort === second.dstPort &&
    first.srcPort === second.srcPort;
}

function keyOf(src: Uint8Array): string {
  return String.fromCharCode(...src);
}
