/**
 * The other end of a fuzzed TCP conversation: a client that loses, repeats,
 * reorders and forges segments, and holds the stack to what it has said.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { IPPROTO, locate, messageAt, repair, viewOf } from "./packet.ts";

const SYN = 2;
const FIN = 1;
const RST = 4;
const PSH = 8;
const ACK = 16;
const TCP_LEN = 20;

/** Who a peer is. */
export interface PeerOptions {
  /** Its number, which its address and port are made of. */
  readonly number: number;
  /** Port of the stack. */
  readonly port: number;
  /** Whether it is on IPv6. */
  readonly isIpv6: boolean;
  /** Options of its SYN, as hexadecimal octets. */
  readonly synOptions: string;
  /** By how many bits its windows are scaled, as those say. */
  readonly shift: number;
  /** Window that it begins with, in octets. */
  readonly window: number;
}

/** A client of which only the stream is honest. */
export class Peer {
  readonly #options: PeerOptions;
  readonly #isn: number;
  #serverIsn = 0;
  #heard = Buffer.alloc(0);
  #heardTo = 0; // octets, contiguous from the first
  #roomTo = 0; // as far as the stack may send
  #window: number; // as in the header

  /** Octets of its stream, from the first, that the stack may have seen. */
  saidTo = 0;
  /** Octets that the stack has acknowledged; one more for its FIN. */
  acked = 0;
  /** Whether the stack has ended its stream. */
  isEnded = false;
  /** Whether the stack has agreed to a connection. */
  isOpen = false;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.#window = options.window;
    this.#isn = 0xffff_ff00 + options.number; // wraps soon
  }

  /** All that the stack has said. */
  get stream(): Uint8Array {
    return this.#heard.subarray(0, this.#heardTo);
  }

  /** A SYN. */
  syn(): Uint8Array {
    return this.#frame(SYN, -1, 0, new Uint8Array(), this.#options.synOptions);
  }

  /**
   * A segment of its stream.
   *
   * @param payload Octets.
   * @param at How many octets of the stream are before them.
   * @param isLast Whether the stream ends with them.
   */
  data(payload: Uint8Array, at: number, isLast: boolean): Uint8Array {
    this.saidTo = Math.max(this.saidTo, at + payload.length + (isLast ? 1 : 0));
    return this.#frame(PSH | ACK | (isLast ? FIN : 0), at, 0, payload);
  }

  /** An acknowledgment of all but `less` octets of what it has heard. */
  ack(window: number, less = 0): Uint8Array {
    this.#window = window;
    const behind = Math.min(less, this.#heardTo);
    return this.#frame(ACK, this.acked, -behind, new Uint8Array());
  }

  /** What somebody else might send in its name, who cannot see its numbers. */
  forged(
    flags: number,
    drift: number,
    ack: number,
    payload: Uint8Array,
  ): Uint8Array {
    return this.#frame(flags, this.acked + drift, ack, payload, "", true);
  }

  #frame(
    flags: number,
    at: number,
    ackDrift: number,
    payload: Uint8Array,
    synOptions = "",
    isForged = false,
  ): Uint8Array {
    const { isIpv6, number, port } = this.#options;
    const options = Uint8Array.fromHex(synOptions);
    const ip = isIpv6 ? 40 : 20;
    const tcp = 14 + ip;
    const frame = new Uint8Array(
      tcp + TCP_LEN + options.length + payload.length,
    );
    const view = viewOf(frame);
    frame.set(Uint8Array.fromHex("020000000001020000000002"));
    view.setUint16(12, isIpv6 ? 0x86dd : 0x0800);
    if (isIpv6) {
      frame.set([0x60, 0, 0, 0], 14);
      view.setUint16(18, frame.length - tcp);
      frame.set([IPPROTO.tcp, 64], 20);
      frame.set(Uint8Array.fromHex("20010db8000000000000000000000001"), 22);
      frame.set(Uint8Array.fromHex("20010db8000000000000000000000010"), 38);
    } else {
      frame.set([0x45, 0], 14);
      view.setUint16(16, frame.length - 14);
      frame.set([0, 0, 0x40, 0, 64, IPPROTO.tcp, 0, 0], 18);
      frame.set([192, 0, 2, 1, 192, 0, 2, 10], 26);
    }
    view.setUint16(tcp, 20_000 + number);
    view.setUint16(tcp + 2, port);
    view.setInt32(tcp + 4, this.#isn + 1 + at);
    const ended = this.isEnded ? 1 : 0;
    const ack = this.#serverIsn + 1 + this.#heardTo + ended + ackDrift;
    if (flags & ACK) view.setInt32(tcp + 8, ack);
    view.setUint8(tcp + 12, (TCP_LEN + options.length) << 2);
    view.setUint8(tcp + 13, flags);
    view.setUint16(tcp + 14, this.#window);
    frame.set(options, tcp + TCP_LEN);
    frame.set(payload, tcp + TCP_LEN + options.length);
    repair(frame);
    if (!isForged && flags & ACK) {
      const window = this.#window << this.#options.shift;
      const room = this.#heardTo + ackDrift + window;
      this.#roomTo = Math.max(this.#roomTo, room);
    }
    return frame;
  }

  /**
   * Takes a frame that the stack sent, if it is for this one.
   *
   * @param mss Largest payload that it has agreed to.
   * @throws {Error} If it contradicts anything that was said before.
   */
  hear(frame: Uint8Array, mss: number): void {
    const ip = locate(frame)!;
    const view = viewOf(frame);
    const tcp = ip.payloadAt;
    if (view.getUint16(tcp + 2) !== 20_000 + this.#options.number) return;
    const flags = frame[tcp + 13]!;
    const payload = frame.subarray(messageAt(frame, ip), ip.end);
    if (flags & SYN) {
      this.isOpen = true;
      this.#serverIsn = view.getInt32(tcp + 4);
      this.#roomTo = this.#window;
      return;
    }
    const at = (view.getInt32(tcp + 4) - this.#serverIsn - 1) | 0;
    if (flags & RST) { // one that a TCP would take: RFC 5961 §3.2
      const isHit = at === this.#heardTo && this.isOpen && !this.isEnded;
      demand(!isHit || this.acked === 0, "resets");
      return;
    }
    // When both have ended, the connection is over; its cookie still holds, so
    // that what it began with may begin another.
    if (this.isEnded && payload.length > 0 && at > this.#heardTo) return;
    const ack = (view.getInt32(tcp + 8) - this.#isn - 1) | 0;
    demand(ack <= this.saidTo, "acknowledges what was never said");
    const isBack = ack < this.acked && flags !== ACK && !this.isEnded;
    demand(!isBack, "takes an acknowledgment back");
    this.acked = Math.max(this.acked, ack);
    demand(payload.length <= mss, "is longer than agreed");
    const end = at + payload.length;
    demand(payload.length === 0 || end <= this.#roomTo, "exceeds the window");
    const known = Math.min(end, this.#heardTo) - at;
    if (known > 0) {
      const before = this.#heard.subarray(at, at + known);
      demand(before.equals(payload.subarray(0, known)), "says something else");
    }
    if (at <= this.#heardTo && end > this.#heardTo) {
      demand(!this.isEnded, "says more behind its end");
      this.#heard = Buffer.concat([this.stream, payload.subarray(known)]);
      this.#heardTo = end;
    }
    if (flags & FIN && end === this.#heardTo) this.isEnded = true;
  }
}

function demand(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(`The stack ${what}`);
}
