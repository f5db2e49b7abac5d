/**
 * Packets for recognisers: out of captures, and made up.
 *
 * @module
 */

import { type CapturedFrame, readPcap } from "../../src/pcap.ts";
import { SELF_MAC } from "../harness.ts";

const ETHERNET_HEADER_LEN = 14;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const IPV4_SRC = 12;
const IPV6_SRC = 8;
const KEPT = 128; // octets of a packet, as in a record

/** A packet as a record has it. */
export interface Sighting {
  /** Source address. */
  readonly src: Uint8Array;
  /** First octets of the packet. */
  readonly octets: Uint8Array<ArrayBuffer>;
  /** When it came, in milliseconds since 1970. */
  readonly time: number;
}

/**
 * Reads the IP packets of a capture that others than us sent.
 *
 * @param path Where it is.
 * @returns Each packet.
 */
export function sightingsIn(path: URL): Sighting[] {
  return sightingsOf([...readPcap(Deno.readFileSync(path))]);
}

/**
 * Picks the IP packets that others than us sent.
 *
 * @param frames Frames.
 * @returns Each packet.
 */
export function sightingsOf(frames: readonly CapturedFrame[]): Sighting[] {
  const ours = SELF_MAC.replaceAll(":", "");
  return frames.flatMap(({ octets, time }) => {
    if (octets.subarray(6, 12).toHex() === ours) return [];
    const ethertype = octets[12]! << 8 | octets[13]!;
    const packet = octets.slice(
      ETHERNET_HEADER_LEN,
      ETHERNET_HEADER_LEN + KEPT,
    );
    if (ethertype === ETHERTYPE_IPV4) {
      return [{
        src: packet.subarray(IPV4_SRC, IPV4_SRC + 4),
        octets: packet,
        time,
      }];
    }
    if (ethertype !== ETHERTYPE_IPV6) return [];
    return [{
      src: packet.subarray(IPV6_SRC, IPV6_SRC + 16),
      octets: packet,
      time,
    }];
  });
}

/** What a made-up SYN is like; 32-bit fields are int32 bit patterns. */
export interface SynFields {
  /** IP identification. */
  readonly id: number;
  /** Time to live. */
  readonly ttl: number;
  /** Whether Don't Fragment is set. */
  readonly df: boolean;
  /** Source address. */
  readonly src: number;
  /** Destination address. */
  readonly dst: number;
  /** Source port. */
  readonly srcPort: number;
  /** Destination port. */
  readonly dstPort: number;
  /** Sequence number. */
  readonly seq: number;
  /** Window. */
  readonly window: number;
  /** TCP options, a multiple of 4 octets. */
  readonly options: Uint8Array;
}

/**
 * Makes an IPv4 packet with a SYN, RFC 791 §3.1 and RFC 9293 §3.1. Nobody who
 * is asked about it looks at its checksums.
 *
 * @param fields What it is like.
 * @returns Its octets.
 */
export function synOf(fields: SynFields): Uint8Array<ArrayBuffer> {
  const { options } = fields;
  const octets = new Uint8Array(40 + options.length);
  const view = new DataView(octets.buffer);
  view.setUint16(0, 0x4500);
  view.setUint16(2, octets.length);
  view.setUint16(4, fields.id);
  view.setUint16(6, fields.df ? 0x4000 : 0);
  view.setUint8(8, fields.ttl);
  view.setUint8(9, 6);
  view.setInt32(12, fields.src);
  view.setInt32(16, fields.dst);
  view.setUint16(20, fields.srcPort);
  view.setUint16(22, fields.dstPort);
  view.setInt32(24, fields.seq);
  view.setUint8(32, (20 + options.length) << 2);
  view.setUint8(33, 0x02);
  view.setUint16(34, fields.window);
  octets.set(options, 40);
  return octets;
}

/** Marsaglia's xorshift32: the same numbers every time. */
export class Dice {
  #state = 0x9e3779b9;

  /** 32 bits, as an int32 bit pattern. */
  word(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state;
  }

  /** A number in `[0, count)`, of which there are at most 65,536. */
  below(count: number): number {
    return (this.word() >>> 16) % count;
  }
}
