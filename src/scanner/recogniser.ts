/**
 * Recognises scanners, and remembers of every source for as long as there is
 * room what it has been recognised as.
 *
 * @module
 */

import { type AddressKey, keyOf } from "../address/key.ts";
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
  readonly scanners: Known[];
}

/** The surest recognition of one scanner. */
interface Known {
  recognition: Recognition;
  isNews: boolean; // until it has been taken
}

/** Recognises scanners. */
export class Recogniser {
  readonly #scanners: readonly Scanner[];
  readonly #generation: number; // as many sources
  // Two generations: whoever is not heard from while the young one fills is
  // forgotten with the old one.
  #young = new Map<AddressKey, Source>();
  #old = new Map<AddressKey, Source>();
  readonly #packet = new Packet();

  /** What it listens to: fields of protocols, in ECS spelling. */
  readonly fields: ReadonlySet<string>;

  /**
   * Makes one that has seen nothing.
   *
   * @param scanners Which scanners it knows.
   * @param capacity How many sources it remembers at most, and half of them
   * at least; of more, it forgets those that it has not heard from for longest.
   */
  constructor(scanners: readonly Scanner[], capacity = 16_384) {
    this.#scanners = scanners;
    this.#generation = capacity / 2;
    this.fields = new Set(
      scanners.flatMap(({ words = [] }) => words.map(({ field }) => field)),
    );
  }

  /** How many sources are remembered. */
  get size(): number {
    return this.#young.size + this.#old.size;
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
    const found = this.#judge(packet);
    if (packet.kind !== "syn") return this.#remember(src, found);

    const source = this.#sourceOf(src);
    const { dst, dstPort, seq, srcPort } = packet;
    const syn = { sign: found?.sign, seq, dst, srcPort, dstPort };
    const pair = source.syn && this.#judgePair(source.syn, syn);
    source.syn = syn;
    return this.#remember(src, pair ?? found);
  }

  /**
   * Looks at what a client said to an application.
   *
   * @param src Address that it came from.
   * @param field What it is, in ECS spelling.
   * @param text The words, a character an octet.
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
   * @returns For each scanner the surest sign there was; the surest first.
   */
  about(src: Uint8Array): readonly Recognition[] {
    const known = this.#find(src)?.scanners ?? [];
    return known.map(({ recognition }) => recognition)
      .sort((a, b) => b.bits - a.bits);
  }

  /**
   * Tells what is new about a source: whom it had not been recognised as, or
   * not for sure, when this was asked last.
   *
   * @param src Its address.
   * @returns Each scanner.
   */
  takeNews(src: Uint8Array): readonly Recognition[] {
    const news = this.#find(src)?.scanners.filter(({ isNews }) => isNews) ?? [];
    for (const known of news) known.isNews = false;
    return news.map(({ recognition }) => recognition);
  }

  /** The first sign that names somebody; else the first that might. */
  #judge(packet: Packet): Found<PacketSign> | undefined {
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

  #judgePair(first: Syn, second: Syn): Found<Sign> | undefined {
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
    const { scanners } = this.#sourceOf(src);
    const known = scanners.find((known) => known.recognition.name === name);
    if (known === undefined) {
      scanners.push({ recognition, isNews: true });
    } else if (known.recognition.bits < bits) {
      known.isNews ||= known.recognition.confidence !== confidence;
      known.recognition = recognition;
    }
    return recognition;
  }

  /** What is remembered of a source, if anything. */
  #find(src: Uint8Array): Source | undefined {
    const key = keyOf(src);
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** What is remembered of a source, which is young now. */
  #sourceOf(src: Uint8Array): Source {
    const key = keyOf(src);
    let source = this.#young.get(key);
    if (source !== undefined) return source;
    source = this.#old.get(key) ?? { syn: undefined, scanners: [] };
    if (this.#young.size >= this.#generation) {
      this.#old = this.#young;
      this.#young = new Map();
    } else {
      this.#old.delete(key);
    }
    this.#young.set(key, source);
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
