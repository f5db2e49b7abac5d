/**
 * The other end of a TCP conversation: builds segments octet by octet, reads
 * what comes back, and shares no code with the stack that it talks to.
 *
 * Numbers are relative, as tcpdump prints them: each side's SYN has sequence
 * number 0.
 *
 * @module
 */

import { ok, strictEqual } from "node:assert/strict";

/** What the client talks to. */
export interface FrameReceiver {
  /** Takes a frame, its VLAN tag beside it, and returns what it answers. */
  receive(frame: Uint8Array, tci?: number): Uint8Array[];
}

/** Who the client is and what its SYN says. */
export interface ClientOptions {
  /** Version of IP. */
  readonly version?: 4 | 6;
  /** Port of the client. */
  readonly port?: number;
  /** Port of the stack. */
  readonly peerPort?: number;
  /** Initial sequence number. */
  readonly isn?: number;
  /** VLAN tags inside the frame, outermost first. */
  readonly tags?: readonly number[];
  /** VLAN tag beside the frame. */
  readonly tci?: number;
  /** Options of the SYN, as hexadecimal octets. */
  readonly synOptions?: string;
  /** Options of later segments, as hexadecimal octets. */
  readonly options?: string;
}

/** A segment, as read from a frame whose checksums are right. */
export interface Segment {
  /** Letters of {@linkcode FLAGS}. */
  readonly flags: string;
  /** Relative sequence number. */
  readonly seq: number;
  /** Relative acknowledgment number. */
  readonly ack: number;
  /** Window, not scaled. */
  readonly window: number;
  /** Options, padding included. */
  readonly options: Uint8Array;
  /** Octets of the stream. */
  readonly payload: Uint8Array;
}

/** Flags in the order in which they are written; bit of each by index. */
const FLAGS = "FSRPAUEC";

const SELF_MAC = "020000000001";
const PEER_MAC = "020000000002";
const SELF = { 4: "c000020a", 6: "20010db8000000000000000000000010" };
const PEER = { 4: "c0000201", 6: "20010db8000000000000000000000001" };
const ETHERTYPE = { 4: 0x0800, 6: 0x86dd };
const TCP = 6;
const MODULUS = 2 ** 32;

/** A client in one conversation. */
export class TcpClient {
  readonly #stack: FrameReceiver;
  readonly #options: Required<Omit<ClientOptions, "tci">>;
  readonly #tci: number | undefined;
  readonly #stream: number[] = [];
  #peerIsn = 0;

  /** Next sequence number to send. */
  seq = 0;
  /** Next sequence number that is expected. */
  ack = 0;
  /** Window to announce, not scaled. */
  window = 64_240;
  /** Whether the stack has said that it is done. */
  isOver = false;

  /**
   * Makes a client that has not said anything yet.
   *
   * @param stack What it talks to.
   * @param options Who it is.
   */
  constructor(stack: FrameReceiver, options: ClientOptions = {}) {
    this.#stack = stack;
    this.#tci = options.tci;
    this.#options = {
      version: 4,
      port: 40_000,
      peerPort: 80,
      isn: 0xfffffff0, // wraps soon
      tags: [],
      synOptions: "",
      options: "",
      ...options,
    };
  }

  /** All that the stack has said, in Latin-1. */
  get stream(): string {
    return text(Uint8Array.from(this.#stream));
  }

  /** Shakes hands, as far as the stack sees it, and returns the SYN-ACK. */
  connect(): Segment {
    const [answer, ...more] = this.send("S", "", 0, 0);
    ok(answer !== undefined, "no answer to a SYN");
    strictEqual(more.length, 0);
    strictEqual(answer.flags, "SA");
    strictEqual(answer.ack, 1);
    this.#peerIsn = answer.seq; // was absolute until now
    this.seq = 1;
    this.ack = 1;
    strictEqual(this.send("A").length, 0);
    return answer;
  }

  /**
   * Sends a segment, whatever the state of the conversation, which it leaves
   * as it is.
   *
   * @param flags Letters of {@linkcode FLAGS}.
   * @param payload Octets of the stream, in Latin-1.
   * @param seq Relative sequence number.
   * @param ack Relative acknowledgment number.
   * @returns What the stack answers.
   */
  send(
    flags: string,
    payload = "",
    seq: number = this.seq,
    ack: number = this.ack,
  ): Segment[] {
    const frame = this.#build(flags, octets(payload), seq, ack);
    return this.read(this.#stack.receive(frame, this.#tci));
  }

  /**
   * Reads frames that the stack sent.
   *
   * @param frames The frames.
   * @returns Their segments.
   */
  read(frames: readonly Uint8Array[]): Segment[] {
    return frames.map((frame) => this.#parse(frame));
  }

  /**
   * Sends the next octets and takes the answer.
   *
   * @param payload Octets of the stream, in Latin-1.
   * @param flags Letters of {@linkcode FLAGS}.
   * @returns What the stack answers, its segments as {@linkcode show} has them.
   */
  say(payload: string, flags = "PA"): string[] {
    const answers = this.send(flags, payload);
    this.seq += payload.length + (flags.includes("F") ? 1 : 0);
    this.take(answers);
    return answers.map(show);
  }

  /**
   * Takes segments as a receiver does that keeps nothing out of order.
   *
   * @param segments What the stack sent.
   */
  take(segments: readonly Segment[]): void {
    for (const { flags, payload, seq, ack } of segments) {
      ok(ack <= this.seq, "acknowledges what was never sent");
      if (seq !== this.ack || this.isOver) continue;
      this.#stream.push(...payload);
      this.ack += payload.length;
      if (!flags.includes("F")) continue;
      this.isOver = true;
      this.ack++;
    }
  }

  #build(
    flags: string,
    payload: Uint8Array,
    seq: number,
    ack: number,
  ): Uint8Array {
    const { version, port, peerPort, isn, tags } = this.#options;
    const isSyn = flags.includes("S");
    const options = Uint8Array.fromHex(
      isSyn ? this.#options.synOptions : this.#options.options,
    );
    const bits = [...flags].reduce((sum, f) => sum | 1 << FLAGS.indexOf(f), 0);
    const segment = [
      ...word16(port),
      ...word16(peerPort),
      ...word32(isn + seq),
      ...word32(isSyn ? 0 : this.#peerIsn + ack),
      (20 + options.length) << 2,
      bits,
      ...word16(this.window),
      ...word16(0),
      ...word16(0),
      ...options,
      ...payload,
    ];
    const addresses = Uint8Array.fromHex(PEER[version] + SELF[version]);
    const pseudo = [...addresses, 0, TCP, ...word16(segment.length)];
    segment.splice(16, 2, ...word16(~sum([...pseudo, ...segment])));
    return Uint8Array.from([
      ...Uint8Array.fromHex(SELF_MAC + PEER_MAC),
      ...tags.flatMap((tag) => [0x81, 0x00, ...word16(tag)]),
      ...word16(ETHERTYPE[version]),
      ...ipHeader(version, segment.length),
      ...addresses,
      ...segment,
    ]);
  }

  /** Reads a frame and checks all in it that is not TCP's. */
  #parse(frame: Uint8Array): Segment {
    const { version, port, peerPort, tags } = this.#options;
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    const hex = (at: number, end: number): string =>
      frame.subarray(at, end).toHex();
    strictEqual(hex(0, 12), PEER_MAC + SELF_MAC);
    const all = this.#tci === undefined ? tags : [this.#tci, ...tags];
    const want = all.flatMap((tag) => [0x81, 0x00, ...word16(tag)]);
    const typeAt = 12 + want.length;
    strictEqual(hex(12, typeAt), Uint8Array.from(want).toHex());
    strictEqual(view.getUint16(typeAt), ETHERTYPE[version]);

    const at = typeAt + 2;
    const tcpAt = at + (version === 4 ? 20 : 40);
    const addressesAt = tcpAt - SELF[version].length;
    strictEqual(hex(addressesAt, tcpAt), SELF[version] + PEER[version]);
    const tcpLen = frame.length - tcpAt;
    if (version === 4) {
      strictEqual(view.getUint16(at + 2), frame.length - at);
      strictEqual(sum(frame.subarray(at, tcpAt)), 0xffff);
    } else {
      strictEqual(view.getUint16(at + 4), tcpLen);
    }
    const pseudo = [...frame.subarray(addressesAt, tcpAt), 0, TCP];
    strictEqual(
      sum([...pseudo, ...word16(tcpLen), ...frame.subarray(tcpAt)]),
      0xffff,
    );
    strictEqual(view.getUint16(tcpAt), peerPort);
    strictEqual(view.getUint16(tcpAt + 2), port);
    strictEqual(view.getUint16(tcpAt + 18), 0); // urgent pointer

    const dataAt = tcpAt + (view.getUint8(tcpAt + 12) >>> 4) * 4;
    const bits = view.getUint8(tcpAt + 13);
    return {
      flags: [...FLAGS].filter((_, i) => bits >>> i & 1).join(""),
      seq: relative(view.getUint32(tcpAt + 4), this.#peerIsn),
      ack: relative(view.getUint32(tcpAt + 8), this.#options.isn),
      window: view.getUint16(tcpAt + 14),
      options: frame.subarray(tcpAt + 20, dataAt),
      payload: frame.subarray(dataAt),
    };
  }
}

/** Writes a segment in the way of tcpdump. */
export function show({ flags, seq, ack, payload }: Segment): string {
  const span = payload.length > 0 ? `${seq}:${seq + payload.length}` : seq;
  return `${flags} ${span} ack ${ack}`;
}

/** Octets of Latin-1 text. */
export function octets(latin1: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(latin1, (char) => char.charCodeAt(0));
}

/** Octets as Latin-1 text. */
export function text(latin1: Uint8Array): string {
  return Array.from(latin1, (octet) => String.fromCharCode(octet)).join("");
}

/** An IP header up to its addresses. */
function ipHeader(version: 4 | 6, length: number): number[] {
  if (version === 6) return [0x60, 0, 0, 0, ...word16(length), TCP, 57];
  const header = [
    ...[0x45, 0, ...word16(20 + length), 0x12, 0x34, 0x40, 0, 57, TCP],
    ...[0, 0],
  ];
  const addresses = Uint8Array.fromHex(PEER[4] + SELF[4]);
  header.splice(10, 2, ...word16(~sum([...header, ...addresses])));
  return header;
}

function word16(number: number): number[] {
  return [number >>> 8 & 0xff, number & 0xff];
}

function word32(number: number): number[] {
  return [...word16(number >>> 16), ...word16(number)];
}

/** How far a sequence number is behind the first, across the wrap. */
function relative(number: number, isn: number): number {
  return (number - isn + 2 * MODULUS) % MODULUS;
}

/** Ones' complement sum of 16-bit words, RFC 1071 §1. */
function sum(octets: ArrayLike<number>): number {
  let total = 0;
  for (let at = 0; at < octets.length; at++) {
    total += at % 2 === 0 ? octets[at]! << 8 : octets[at]!;
  }
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}
