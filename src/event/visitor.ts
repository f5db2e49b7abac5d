/**
 * What is counted of one source.
 *
 * @module
 */

import { type AddressKey, keyOf } from "../address/key.ts";
import type { PortCounter } from "./ports.ts";

const ADDRESSES_MAX = 64; // addresses of ours that are listed
const PROTOCOLS_MAX = 64; // protocols that are counted by name

/** One source, so far. There may be many that are seen only once. */
export class Visitor {
  /** When it was seen first, in milliseconds since 1970. */
  readonly start: number;
  /** Its hardware address, in hexadecimal. */
  readonly srcMac: string;
  /** When it was seen last. */
  end: number;
  /** When it was made the youngest of all. */
  placedAt: number = -Infinity;
  /** Packets since then. */
  looks = 0;
  /** Frames and segments that came in. */
  packetsIn = 0;
  /** Octets of them, with the headers of IP and above. */
  packetsInLen = 0;
  /** Packets that were sent. */
  packetsOut = 0;
  /** Octets of them, with the headers of IP and above. */
  packetsOutLen = 0;
  /** Conversations, told or not. */
  conversations = 0;
  /** Conversations that were not told one by one. */
  omitted = 0;
  /** Ports of TCP that it tried. */
  tcpPorts: PortCounter | undefined;
  /** Ports of UDP that it tried. */
  udpPorts: PortCounter | undefined;
  /** Protocols that it spoke: in how many conversations each. */
  protocols: Map<string, number> | undefined;
  /** Whether it tried more addresses of ours than are listed. */
  addressesOmitted = false;
  /** Addresses of ours that it tried. */
  readonly addresses: AddressKey[] = [];
  /** What became of its frames: a verdict, its count, and so on. */
  readonly verdicts: number[] = [];

  /**
   * Begins to count.
   *
   * @param mac Its hardware address.
   * @param time When it was seen, in milliseconds since 1970.
   */
  constructor(mac: Uint8Array, time: number) {
    this.start = time;
    this.end = time;
    this.srcMac = mac.toHex();
  }

  /**
   * Counts a frame.
   *
   * @param verdict What became of it.
   */
  countVerdict(verdict: number): void {
    const { verdicts } = this;
    let at = 0;
    while (at < verdicts.length && verdicts[at] !== verdict) at += 2;
    if (at === verdicts.length) verdicts.push(verdict, 1);
    else verdicts[at + 1]!++;
  }

  /**
   * Counts an address of ours.
   *
   * @param octets The address.
   */
  countAddress(octets: Uint8Array): void {
    const { addresses } = this;
    const address = keyOf(octets);
    if (addresses.at(-1) === address || addresses.includes(address)) return;
    if (addresses.length < ADDRESSES_MAX) addresses.push(address);
    else this.addressesOmitted = true;
  }

  /**
   * Counts a conversation in which a protocol was spoken.
   *
   * @param name Name of the protocol.
   */
  countProtocol(name: string): void {
    this.protocols ??= new Map();
    if (!this.protocols.has(name) && this.protocols.size >= PROTOCOLS_MAX) {
      return;
    }
    this.protocols.set(name, (this.protocols.get(name) ?? 0) + 1);
  }
}
