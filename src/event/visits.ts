/**
 * Counts what every source does, until it has been idle.
 *
 * @module
 */

import { ipText } from "../address/text.ts";
import type { FlowRecord, FrameRecord } from "../record/records.ts";
import { VERDICTS } from "../verdict.ts";
import { AgingMap } from "./aging_map.ts";
import type { Conversation, Counted, Visit } from "./conversation.ts";
import { PortCounter } from "./ports.ts";
import type { Recogniser } from "../scanner/recogniser.ts";

const VISITS_MAX = 32_768; // sources that are remembered
const IDLE_MS = 300_000; // silence that ends a visit
const LONGEST_MS = 3_600_000; // a visit that lasts longer is told in parts
const SWEEP_MS = 1000;
const EVICTED_A_SECOND = 100; // sources that are told of early
const MAPS_MAX = 1024; // of 8 KiB, for those that try many ports
const ADDRESSES_MAX = 64; // addresses of ours that are listed
const PROTOCOLS_MAX = 64; // protocols that are counted by name

const TCP = 6;
const UDP = 17;

const NO_PORTS: Counted<number> = { count: 0, isMinimum: false, first: [] };

/** One source, so far. There may be many that are seen only once. */
class Visitor {
  readonly start: number;
  readonly srcMac: string; // in hexadecimal
  end: number;
  placedAt: number = -Infinity; // when it was the youngest of all
  packetsIn = 0;
  packetsInLen = 0;
  packetsOut = 0;
  packetsOutLen = 0;
  conversations = 0;
  omitted = 0;
  tcpPorts: PortCounter | undefined;
  udpPorts: PortCounter | undefined;
  protocols: Map<string, number> | undefined;
  addressesOmitted = false;
  readonly addresses: string[] = []; // in hexadecimal
  readonly verdicts: number[] = []; // a verdict, its count, and so on

  constructor(mac: Uint8Array, time: number) {
    this.start = time;
    this.end = time;
    this.srcMac = mac.toHex();
  }

  /** Counts a frame. */
  countVerdict(verdict: number): void {
    const { verdicts } = this;
    let at = 0;
    while (at < verdicts.length && verdicts[at] !== verdict) at += 2;
    if (at === verdicts.length) verdicts.push(verdict, 1);
    else verdicts[at + 1]!++;
  }

  /** Counts an address of ours. */
  countAddress(octets: Uint8Array): void {
    const { addresses } = this;
    const address = octets.toHex();
    if (addresses.at(-1) === address || addresses.includes(address)) return;
    if (addresses.length < ADDRESSES_MAX) addresses.push(address);
    else this.addressesOmitted = true;
  }

  /** Counts a conversation in which a protocol was spoken. */
  countProtocol(name: string): void {
    this.protocols ??= new Map();
    if (!this.protocols.has(name) && this.protocols.size >= PROTOCOLS_MAX) {
      return;
    }
    this.protocols.set(name, (this.protocols.get(name) ?? 0) + 1);
  }
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
  readonly #visitors = new AgingMap<Visitor>(); // by address
  readonly #onOverflow: OnOverflow;
  #maps = 0;
  #second = 0;
  #evicted = 0; // in this second
  #sweptAt = 0;

  /**
   * Begins to count.
   *
   * @param iface Name of the interface; absent: a capture.
   * @param recogniser Who knows what sources are.
   * @param onVisit Called when a source has been idle.
   * @param onOverflow Called when there is no room for a source.
   */
  constructor(
    iface: string | undefined,
    recogniser: Recogniser,
    onVisit: OnVisit,
    onOverflow: OnOverflow,
  ) {
    this.#iface = iface;
    this.#recogniser = recogniser;
    this.#onVisit = onVisit;
    this.#onOverflow = onOverflow;
  }

  /** Number of sources that are remembered. */
  get size(): number {
    return this.#visitors.size;
  }

  /**
   * Counts a frame that belongs to no connection.
   *
   * @param frame Its record.
   */
  frame(frame: FrameRecord): void {
    if (frame.src.length === 0) return;
    const visitor = this.#visitorOf(frame.src, frame.srcMac, frame.time);
    visitor.countVerdict(frame.verdict);
    visitor.packetsIn++;
    visitor.packetsInLen += frame.packetLen;
    visitor.packetsOutLen += frame.sentLen;
    if (frame.sentLen > 0) visitor.packetsOut++;
    this.#countTarget(visitor, frame.dst, frame.protocol, frame.dstPort);
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

  /** Tells of all sources. */
  end(): void {
    for (let oldest; (oldest = this.#visitors.oldest) !== undefined;) {
      this.#end(oldest.key);
    }
  }

  #visitorOf(src: Uint8Array, mac: Uint8Array, time: number): Visitor {
    const key = src.toHex();
    let visitor = this.#visitors.get(key);
    if (visitor !== undefined && time - visitor.start >= LONGEST_MS) {
      this.#end(key);
      visitor = undefined;
    }
    if (visitor === undefined) {
      if (this.#visitors.size >= VISITS_MAX) {
        this.#evict(time);
      }
      visitor = new Visitor(mac, time);
    }
    visitor.end = Math.max(visitor.end, time);
    if (time - visitor.placedAt >= SWEEP_MS) { // else its place is good enough
      visitor.placedAt = time;
      this.#visitors.set(key, visitor);
    }
    return visitor;
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
    const second = Math.floor(time / 1000);
    if (second !== this.#second) this.#evicted = 0;
    this.#second = second;
    if (this.#evicted++ < EVICTED_A_SECOND) {
      this.#end(key);
    } else {
      this.#take(key);
      this.#onOverflow(value.packetsIn);
    }
  }

  #take(key: string): Visitor {
    const visitor = this.#visitors.delete(key)!;
    if (visitor.tcpPorts?.hasMap) this.#maps--;
    if (visitor.udpPorts?.hasMap) this.#maps--;
    return visitor;
  }

  #end(key: string): void {
    const visitor = this.#take(key);
    const { addresses, verdicts } = visitor;
    const src = Uint8Array.fromHex(key);
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
        first: addresses.map((hex) => ipText(Uint8Array.fromHex(hex))),
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
