/**
 * Counts what every source does, until it has been idle.
 *
 * @module
 */

import { type AddressKey, keyOf, octetsOf } from "../address/key.ts";
import { ipText } from "../address/text.ts";
import { Translations } from "../address/translation.ts";
import type { FlowRecord, FrameRecord } from "../record/records.ts";
import { VERDICTS } from "../verdict.ts";
import { AgingMap } from "./aging_map.ts";
import type { Conversation, Counted, Visit } from "./conversation.ts";
import { PortCounter } from "./ports.ts";
import { Visitor } from "./visitor.ts";
import type { Recogniser } from "../scanner/recogniser.ts";

const VISITS_MAX = 32_768; // sources that are remembered
const IDLE_MS = 300_000; // silence that ends a visit
const LONGEST_MS = 3_600_000; // a visit that lasts longer is told in parts
const SWEEP_MS = 1000;
const EVICTED_A_SECOND = 100; // sources that are told of early
const ADMITTED_A_SECOND = 4096; // sources that others make room for
const LOOKS_A_SECOND = 64; // packets of a source that are looked at closely
const LOOK_EVERY = 16; // and of the others, one in so many
const MAPS_MAX = 1024; // of 8 KiB, for those that try many ports

const TCP = 6;
const UDP = 17;

const NO_PORTS: Counted<number> = { count: 0, isMinimum: false, first: [] };

/** A source, and how much it sent. */
export interface BusySource {
  /** Its address. */
  readonly src: Uint8Array;
  /** Frames and segments that came from it. */
  readonly packetsIn: number;
}

/** Takes what was counted of a source. */
export type OnVisit = (visit: Visit) => void;

/** Takes how many packets came from a source that is not told of. */
export type OnOverflow = (packets: number) => void;

/**
 * All sources that were heard of lately. When there are too many, whoever was
 * silent for longest is told of early.
 */
export class Visits {
  readonly #iface: string | undefined;
  readonly #recogniser: Recogniser;
  readonly #onVisit: OnVisit;
  readonly #visitors = new AgingMap<AddressKey, Visitor>();
  readonly #onOverflow: OnOverflow;
  readonly #translations: Translations;
  #maps = 0;
  #second = 0;
  #admitted = 0; // in this second
  #evicted = 0; // the same
  #sweptAt = 0;

  /**
   * Begins to count.
   *
   * @param iface Name of the interface; absent: a capture.
   * @param recogniser Who knows what sources are.
   * @param onVisit Called when a source has been idle.
   * @param onOverflow Called when there is no room for a source.
   * @param translations What sources call our addresses.
   */
  constructor(
    iface: string | undefined,
    recogniser: Recogniser,
    onVisit: OnVisit,
    onOverflow: OnOverflow,
    translations: Translations = new Translations(),
  ) {
    this.#iface = iface;
    this.#recogniser = recogniser;
    this.#onVisit = onVisit;
    this.#onOverflow = onOverflow;
    this.#translations = translations;
  }

  /** Number of sources that are remembered. */
  get size(): number {
    return this.#visitors.size;
  }

  /**
   * Counts a frame that belongs to no connection. Who may have forged his
   * address is not let in while too many others want to be.
   *
   * @param frame Its record.
   * @returns Whether it is worth a closer look: of each source the first
   * packets of a second are, and a sample of the others.
   */
  frame(frame: FrameRecord): boolean {
    const { src, time } = frame;
    if (src.length === 0) return false;
    const key = keyOf(src);
    let visitor = this.#find(key, time);
    if (visitor === undefined && !this.#mayEnter(time)) {
      this.#onOverflow(1);
      return false;
    }
    visitor ??= this.#admit(frame.srcMac, time);
    this.#place(key, visitor, time);
    visitor.countVerdict(frame.verdict);
    visitor.packetsIn++;
    visitor.packetsInLen += frame.packetLen;
    visitor.packetsOutLen += frame.sentLen;
    if (frame.sentLen > 0) visitor.packetsOut++;
    this.#countTarget(visitor, frame.dst, frame.protocol, frame.dstPort);
    const look = visitor.looks++;
    return look < LOOKS_A_SECOND || look % LOOK_EVERY === 0;
  }

  /**
   * Counts a conversation.
   *
   * @param conversation The conversation.
   * @param isOmitted Whether it is not told of by itself.
   */
  conversation(conversation: Conversation, isOmitted: boolean): void {
    const { end, messages, src, srcMac } = conversation;
    const visitor = this.#visitorOf(src, srcMac, end);
    visitor.conversations++;
    if (isOmitted) visitor.omitted++;
    for (const name of new Set(messages.map(({ protocol }) => protocol))) {
      if (name !== undefined) visitor.countProtocol(name);
    }
  }

  /**
   * Counts the segments of a connection.
   *
   * @param flow Its record.
   */
  flow(flow: FlowRecord): void {
    const visitor = this.#visitorOf(flow.src, flow.srcMac, flow.end);
    visitor.packetsIn += flow.packetsIn;
    visitor.packetsInLen += flow.packetsInLen;
    visitor.packetsOut += flow.packetsOut;
    visitor.packetsOutLen += flow.packetsOutLen;
    this.#countTarget(visitor, flow.dst, TCP, flow.dstPort);
  }

  /**
   * Lets time pass.
   *
   * @param now Time, in milliseconds since 1970.
   */
  tick(now: number): void {
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    for (let oldest; (oldest = this.#visitors.oldest) !== undefined;) {
      if (now - oldest.value.end < IDLE_MS) return;
      this.#end(oldest.key);
    }
  }

  /**
   * Finds those who sent most.
   *
   * @param count How many at most.
   * @returns Each source that is remembered, the busiest first.
   */
  busiest(count: number): readonly BusySource[] {
    const busiest: BusySource[] = [];
    for (const { key, value: { packetsIn } } of this.#visitors.entries) {
      if (busiest.length === count) {
        if (packetsIn <= busiest.at(-1)!.packetsIn) continue;
        busiest.pop();
      }
      busiest.push({ src: octetsOf(key), packetsIn });
      busiest.sort((a, b) => b.packetsIn - a.packetsIn);
    }
    return busiest;
  }

  /** Tells of all sources. */
  end(): void {
    for (let oldest; (oldest = this.#visitors.oldest) !== undefined;) {
      this.#end(oldest.key);
    }
  }

  #visitorOf(src: Uint8Array, mac: Uint8Array, time: number): Visitor {
    const key = keyOf(src);
    const visitor = this.#find(key, time) ?? this.#admit(mac, time);
    this.#place(key, visitor, time);
    return visitor;
  }

  /** A source, unless its visit has lasted for so long that it ends now. */
  #find(key: AddressKey, time: number): Visitor | undefined {
    const visitor = this.#visitors.get(key);
    if (visitor === undefined || time - visitor.start < LONGEST_MS) {
      return visitor;
    }
    this.#end(key);
    return undefined;
  }

  /** Whether there is room for a source, or some other one is to make room. */
  #mayEnter(time: number): boolean {
    if (this.#visitors.size < VISITS_MAX) return true;
    this.#beginSecond(time);
    return this.#admitted++ < ADMITTED_A_SECOND;
  }

  #admit(mac: Uint8Array, time: number): Visitor {
    if (this.#visitors.size >= VISITS_MAX) this.#evict(time);
    return new Visitor(mac, time);
  }

  /** Makes a source the youngest. */
  #place(key: AddressKey, visitor: Visitor, time: number): void {
    visitor.end = Math.max(visitor.end, time);
    // Within a second, its place is good enough.
    if (time - visitor.placedAt < SWEEP_MS) return;
    visitor.placedAt = time;
    visitor.looks = 0;
    this.#visitors.set(key, visitor);
  }

  #countTarget(
    visitor: Visitor,
    dst: Uint8Array,
    protocol: number,
    port: number,
  ): void {
    visitor.countAddress(dst);
    if (protocol === TCP) {
      this.#countPort(visitor.tcpPorts ??= new PortCounter(), port);
    } else if (protocol === UDP) {
      this.#countPort(visitor.udpPorts ??= new PortCounter(), port);
    }
  }

  #countPort(ports: PortCounter, port: number): void {
    const { hasMap } = ports;
    ports.add(port, this.#maps < MAPS_MAX);
    if (ports.hasMap && !hasMap) this.#maps++;
  }

  /**
   * Lets the source that was silent for longest make room. So many have been
   * forged that a line for each would be a flood of its own; the rest are
   * counted.
   */
  #evict(time: number): void {
    const { key, value } = this.#visitors.oldest!;
    this.#beginSecond(time);
    if (this.#evicted++ < EVICTED_A_SECOND) {
      this.#end(key);
    } else {
      this.#take(key);
      this.#onOverflow(value.packetsIn);
    }
  }

  #beginSecond(time: number): void {
    const second = Math.floor(time / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.#admitted = 0;
    this.#evicted = 0;
  }

  #take(key: AddressKey): Visitor {
    const visitor = this.#visitors.delete(key)!;
    if (visitor.tcpPorts?.hasMap) this.#maps--;
    if (visitor.udpPorts?.hasMap) this.#maps--;
    return visitor;
  }

  #end(key: AddressKey): void {
    const visitor = this.#take(key);
    const { addresses, verdicts } = visitor;
    const src = octetsOf(key);
    this.#onVisit({
      iface: this.#iface,
      src,
      srcMac: Uint8Array.fromHex(visitor.srcMac),
      start: visitor.start,
      end: visitor.end,
      packetsIn: visitor.packetsIn,
      packetsInLen: visitor.packetsInLen,
      packetsOut: visitor.packetsOut,
      packetsOutLen: visitor.packetsOutLen,
      addresses: {
        count: addresses.length,
        isMinimum: visitor.addressesOmitted,
        first: addresses.map(octetsOf).map((address) =>
          ipText(this.#translations.outerOf(address) ?? address)
        ),
      },
      tcpPorts: visitor.tcpPorts ?? NO_PORTS,
      udpPorts: visitor.udpPorts ?? NO_PORTS,
      verdicts: new Map(
        verdicts.flatMap((verdict, i) =>
          i % 2 === 0 ? [[VERDICTS[verdict]!, verdicts[i + 1]!] as const] : []
        ),
      ),
      protocols: visitor.protocols ?? new Map(),
      conversations: visitor.conversations,
      omitted: visitor.omitted,
      scanners: this.#recogniser.about(src),
    });
  }
}
