/**
 * Counts what every source does, until it has been idle.
 *
 * @module
 */

import { ipText } from "../address/text.ts";
import type { FlowRecord, FrameRecord } from "../record/records.ts";
import { VERDICTS } from "../verdict.ts";
import type { Conversation, Visit } from "./conversation.ts";
import { PortCounter } from "./ports.ts";
import type { Recogniser } from "../scanner/recogniser.ts";

const VISITS_MAX = 32_768; // sources that are remembered
const IDLE_MS = 300_000; // silence that ends a visit
const LONGEST_MS = 3_600_000; // a visit that lasts longer is told in parts
const SWEEP_MS = 1000;
const MAPS_MAX = 1024; // of 8 KiB, for those that try many ports
const ADDRESSES_MAX = 64; // addresses of ours that are listed
const PROTOCOLS_MAX = 64; // protocols that are counted by name

const TCP = 6;
const UDP = 17;

/** One source, so far. */
interface Visitor {
  readonly src: Uint8Array;
  readonly start: number;
  placedAt: number; // when it was the youngest of all
  srcMac: Uint8Array;
  end: number;
  packetsIn: number;
  packetsInLen: number;
  packetsOut: number;
  packetsOutLen: number;
  conversations: number;
  omitted: number;
  addressesOmitted: boolean;
  readonly addresses: Set<string>;
  readonly tcpPorts: PortCounter;
  readonly udpPorts: PortCounter;
  readonly verdicts: Map<number, number>;
  readonly protocols: Map<string, number>;
}

/** Takes what was counted of a source. */
export type OnVisit = (visit: Visit) => void;

/**
 * All sources that were heard of lately. When there are too many, whoever was
 * silent for longest is told of early.
 */
export class Visits {
  readonly #iface: string | undefined;
  readonly #recogniser: Recogniser;
  readonly #onVisit: OnVisit;
  readonly #visitors = new Map<string, Visitor>(); // silent for longest first
  #maps = 0;
  #sweptAt = 0;

  /**
   * Begins to count.
   *
   * @param iface Name of the interface; absent: a capture.
   * @param recogniser Who knows what sources are.
   * @param onVisit Called when a source has been idle.
   */
  constructor(
    iface: string | undefined,
    recogniser: Recogniser,
    onVisit: OnVisit,
  ) {
    this.#iface = iface;
    this.#recogniser = recogniser;
    this.#onVisit = onVisit;
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
    const visitor = this.#visitorOf(frame.src, frame.time);
    const { verdicts } = visitor;
    verdicts.set(frame.verdict, (verdicts.get(frame.verdict) ?? 0) + 1);
    visitor.srcMac = frame.srcMac.slice();
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
    const { end, messages, src } = conversation;
    const visitor = this.#visitorOf(src, end);
    visitor.conversations++;
    if (isOmitted) visitor.omitted++;
    const { protocols } = visitor;
    for (const name of new Set(messages.map(({ protocol }) => protocol))) {
      if (name === undefined) continue;
      if (!protocols.has(name) && protocols.size >= PROTOCOLS_MAX) continue;
      protocols.set(name, (protocols.get(name) ?? 0) + 1);
    }
  }

  /**
   * Counts the segments of a connection.
   *
   * @param flow Its record.
   */
  flow(flow: FlowRecord): void {
    const visitor = this.#visitorOf(flow.src, flow.end);
    visitor.srcMac = flow.srcMac.slice();
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
    for (const [key, { end }] of this.#visitors) {
      if (now - end < IDLE_MS) return;
      this.#end(key);
    }
  }

  /** Tells of all sources. */
  end(): void {
    for (const key of [...this.#visitors.keys()]) this.#end(key);
  }

  #visitorOf(src: Uint8Array, time: number): Visitor {
    const key = src.toHex();
    let visitor = this.#visitors.get(key);
    if (visitor !== undefined && time - visitor.start >= LONGEST_MS) {
      this.#end(key);
      visitor = undefined;
    }
    if (visitor === undefined) {
      if (this.#visitors.size >= VISITS_MAX) {
        this.#end(this.#visitors.keys().next().value!);
      }
      visitor = newVisitor(src, time);
    }
    visitor.end = Math.max(visitor.end, time);
    if (time - visitor.placedAt >= SWEEP_MS) { // else its place is good enough
      visitor.placedAt = time;
      this.#visitors.delete(key);
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
    const { addresses } = visitor;
    const key = dst.toHex();
    if (addresses.size < ADDRESSES_MAX) addresses.add(key);
    else if (!addresses.has(key)) visitor.addressesOmitted = true;
    if (protocol === TCP) this.#countPort(visitor.tcpPorts, port);
    else if (protocol === UDP) this.#countPort(visitor.udpPorts, port);
  }

  #countPort(ports: PortCounter, port: number): void {
    const { hasMap } = ports;
    ports.add(port, this.#maps < MAPS_MAX);
    if (ports.hasMap && !hasMap) this.#maps++;
  }

  #end(key: string): void {
    const visitor = this.#visitors.get(key)!;
    this.#visitors.delete(key);
    if (visitor.tcpPorts.hasMap) this.#maps--;
    if (visitor.udpPorts.hasMap) this.#maps--;
    this.#onVisit({
      ...visitor,
      iface: this.#iface,
      addresses: {
        count: visitor.addresses.size,
        isMinimum: visitor.addressesOmitted,
        first: [...visitor.addresses].map((hex) =>
          ipText(Uint8Array.fromHex(hex))
        ),
      },
      verdicts: new Map(
        [...visitor.verdicts].map(([verdict, count]) => [
          VERDICTS[verdict]!,
          count,
        ]),
      ),
      scanners: [...this.#recogniser.about(visitor.src)],
    });
  }
}

function newVisitor(src: Uint8Array, time: number): Visitor {
  return {
    src: src.slice(),
    start: time,
    placedAt: -Infinity,
    srcMac: new Uint8Array(6),
    end: time,
    packetsIn: 0,
    packetsInLen: 0,
    packetsOut: 0,
    packetsOutLen: 0,
    conversations: 0,
    omitted: 0,
    addressesOmitted: false,
    addresses: new Set(),
    tcpPorts: new PortCounter(),
    udpPorts: new PortCounter(),
    verdicts: new Map(),
    protocols: new Map(),
  };
}
