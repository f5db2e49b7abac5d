/**
 * Who is audited: a stack made of the very options that a run would have, and a
 * client that talks to it in memory, at a time of its own.
 *
 * @module
 */

import { AddressSet } from "../address/set.ts";
import { Arena } from "../arena.ts";
import { Outbox } from "../outbox.ts";
import type { Persona } from "../persona.ts";
import type { OpenPorts } from "../ports.ts";
import type { Protocol } from "../protocol.ts";
import { LISTEN } from "../record/layout.ts";
import { Recorder } from "../record/recorder.ts";
import { KEY_LEN } from "../siphash.ts";
import { NO_TAG } from "../stack/link.ts";
import { Stack, STACK_MEMORY } from "../stack/stack.ts";
import { ACK, FIN, PSH, RST, SYN } from "../wire/tcp.ts";
import {
  arpFrame,
  type Ends,
  IPPROTO,
  type Outgoing,
  type Packet,
  pingFrame,
  readPacket,
  type Segment,
  tcpFrame,
  udpFrame,
} from "./packet.ts";

const FRAME_MAX = 2048;
const SLOTS = 64;
const SLOT_LEN = 2048;
const MTU = 1500;
const STEP_MS = 50;
const START = Date.UTC(2026, 0, 1);

/** If no address is known: one that documentation has, RFC 5737. */
const STAND_IN = 0xc000020a;
/** Clients: 100.64.0.0/10, each in a network of its own. */
const FIRST_CLIENT = 0x64400001;
const CLIENTS = 2 ** 14;
const CLIENT_NETWORK = 2 ** 8;
const CLIENT_PORT = 40_000;
const ISN = 0x1000;

/** Options of a SYN of Linux: MSS 1460, SACK, timestamps, window scale 7. */
const SYN_OPTIONS = Uint8Array.fromHex(
  "020405b4" + "0402" + "080a0001000000000000" + "01" + "030307",
);

const FIRST_SYN = { flags: SYN, seq: ISN, ack: 0, options: SYN_OPTIONS };
/** Where the flags of a segment are in a frame: IPv4 without options. */
const FLAGS_AT = 14 + 20 + 13;

/** What is audited. */
export interface AuditOptions {
  /** Who is pretended to be. */
  readonly persona: Persona;
  /** Which ports are open. */
  readonly ports: OpenPorts;
  /** What is spoken, as the stack takes it. */
  readonly protocols: readonly Protocol[];
  /** Names of what is spoken. */
  readonly spoken: readonly string[];
  /** Addresses that are answered for; absent: every one. */
  readonly own: AddressSet | undefined;
  /** Limit on answers to datagrams. */
  readonly amplificationLimit: number;
  /** Hardware address that is answered with, 6 octets; absent: not known. */
  readonly mac: Uint8Array | undefined;
  /** Key of the SYN cookies, if it is fixed. */
  readonly cookieKey: Uint8Array | undefined;
}

/** A stack, and a client of it. */
export class Suspect {
  readonly #stack: Stack;
  readonly #arena: Arena;
  readonly #outbox: Outbox;
  readonly #mac: Uint8Array;
  readonly #sent: Uint8Array[] = [];
  #now = START;
  #client = 0;
  #openPorts: readonly number[] | undefined;

  /** What it was made of. */
  readonly options: AuditOptions;
  /** The address that is talked to, as a 32-bit number. */
  readonly address: number;

  /**
   * Makes a stack of the options.
   *
   * @param options What is audited.
   */
  constructor(options: AuditOptions) {
    this.options = options;
    const { amplificationLimit, own, persona, ports, protocols } = options;
    const ranges = own?.ranges ?? [];
    const listed = ranges.find(({ first }) => first.length === 4)?.first;
    this.address = listed === undefined ? STAND_IN : wordOf(listed);
    const here = octetsOf(this.address);
    const all = AddressSet.of([...ranges, { first: here, last: here }]);
    const nobody = AddressSet.of([]).tables;
    this.#mac = options.mac ?? Uint8Array.of(2, 0, 0, 0, 0, 1);
    const memory = STACK_MEMORY + SLOTS * SLOT_LEN + FRAME_MAX;
    this.#arena = new Arena(new ArrayBuffer(memory), FRAME_MAX);
    this.#outbox = new Outbox(this.#arena, SLOTS, SLOT_LEN, (outbox) => {
      for (let i = 0; i < outbox.count; i++) {
        const at = outbox.slotAt(i);
        this.#sent.push(this.#arena.bytes.slice(at, outbox.ends[i]));
      }
    });
    const recorder = new Recorder(
      this.#arena.bytes,
      LISTEN.nothing,
      () => {},
    );
    this.#stack = new Stack(this.#arena, this.#outbox, recorder, {
      mac: this.#mac,
      mtu: MTU,
      policy: {
        own: own === undefined ? undefined : all.tables,
        reserved: nobody,
        broadcast: nobody,
        denied: nobody,
      },
      persona,
      amplificationLimit,
      protocols,
      ports,
      key: options.cookieKey ?? new Uint8Array(KEY_LEN),
    });
    this.#stack.tick(this.#now);
  }

  /** TCP ports that answer a SYN with a SYN-ACK, in ascending order. */
  get openPorts(): readonly number[] {
    this.#openPorts ??= Array.from({ length: 65_535 }, (_, i) => i + 1)
      .filter((port) => {
        const frame = tcpFrame(this.#mac, this.#endsTo(port), FIRST_SYN);
        return this.#receive(frame)[0]?.[FLAGS_AT] === (SYN | ACK);
      });
    return this.#openPorts;
  }

  /** Opens a connection, as far as it can be opened, from another client. */
  call(port: number): Call {
    return new Call(this, this.#endsTo(port));
  }

  /** Sends a datagram; returns the packets that answer it. */
  datagram(port: number, payload: Uint8Array): Packet[] {
    const ends = this.#endsTo(port);
    return this.#packets(this.#receive(udpFrame(this.#mac, ends, payload)));
  }

  /** Sends an echo request; returns the packets that answer it. */
  ping(): Packet[] {
    return this.#packets(
      this.#receive(pingFrame(this.#mac, this.#endsTo(0))),
    );
  }

  /** Tells whether an address, as a 32-bit number, is answered for. */
  hasAddress(address: number): boolean {
    const ends = { ...this.#endsTo(0), dst: address };
    return this.#receive(arpFrame(ends)).length > 0;
  }

  /** Sends a segment; returns the segments that answer it. */
  segment(ends: Ends, outgoing: Outgoing): Packet[] {
    const frame = tcpFrame(this.#mac, ends, outgoing);
    return this.#packets(this.#receive(frame));
  }

  /**
   * Lets time pass.
   *
   * @param milliseconds How much.
   * @returns Packets that are sent meanwhile.
   */
  wait(milliseconds: number): Packet[] {
    for (const end = this.#now + milliseconds; this.#now < end;) {
      this.#now = Math.min(this.#now + STEP_MS, end);
      this.#stack.tick(this.#now);
      this.#outbox.flush();
    }
    return this.#packets(this.#sent.splice(0));
  }

  #receive(frame: Uint8Array): Uint8Array[] {
    this.#arena.bytes.set(frame, 0);
    this.#stack.receive(0, frame.length, NO_TAG, false);
    this.#outbox.flush();
    return this.#sent.splice(0);
  }

  #packets(frames: readonly Uint8Array[]): Packet[] {
    return frames.flatMap((frame) => readPacket(frame) ?? []);
  }

  /** Another client, in a network that no other was in lately. */
  #endsTo(dstPort: number): Ends {
    const number = this.#client++;
    const network = number % CLIENTS;
    const round = Math.floor(number / CLIENTS);
    const src = FIRST_CLIENT + network * CLIENT_NETWORK + round % 250;
    return { src, dst: this.address, srcPort: CLIENT_PORT, dstPort };
  }
}

/** One connection to a suspect. */
export class Call {
  readonly #suspect: Suspect;
  readonly #ends: Ends;
  #seq = ISN;
  #ack = 0;

  /** What answered the SYN. */
  readonly answer: Packet | undefined;
  /** The same, if it is a SYN-ACK. */
  readonly synAck: Segment | undefined;

  /**
   * Sends a SYN; if a SYN-ACK answers it, acknowledges that.
   *
   * @param suspect Who is called.
   * @param ends From where to where.
   */
  constructor(suspect: Suspect, ends: Ends) {
    this.#suspect = suspect;
    this.#ends = ends;
    this.answer = suspect.segment(ends, FIRST_SYN)
      .find(({ protocol }) => protocol === IPPROTO.tcp);
    const segment = this.answer?.segment;
    if (segment?.flags !== (SYN | ACK)) return;
    this.synAck = segment;
    this.#seq++;
    this.#ack = segment.seq + 1;
  }

  /** Calls again, from the same client and another of its ports. */
  again(): Call {
    const { srcPort } = this.#ends;
    return new Call(this.#suspect, { ...this.#ends, srcPort: srcPort + 1 });
  }

  /** Says something; returns what answers, from ACK to data. */
  say(payload: Uint8Array): Packet[] {
    const packets = this.#send(PSH | ACK, payload);
    this.#seq += payload.length;
    return packets;
  }

  /** Says something; returns what is said in answer, as octets. */
  ask(payload: Uint8Array): Uint8Array {
    const chunks: Uint8Array[] = [];
    let packets = this.say(payload);
    // What does not fit is sent when the first part is acknowledged.
    for (let turn = 0; turn < 8; turn++) {
      const fresh = packets.flatMap(({ segment }) => segment ?? [])
        .filter(({ payload, seq }) => payload.length > 0 && seq === this.#ack);
      if (fresh.length === 0) break;
      for (const { payload } of fresh) {
        chunks.push(payload);
        this.#ack = this.#ack + payload.length | 0;
      }
      packets = this.#send(ACK);
    }
    this.#send(RST);
    return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
  }

  /** Hangs up; returns what answers. */
  finish(): Packet[] {
    return this.#send(FIN | ACK);
  }

  #send(flags: number, payload?: Uint8Array): Packet[] {
    const rest = payload === undefined ? {} : { payload };
    const [seq, ack] = [this.#seq, this.#ack];
    return this.#suspect.segment(this.#ends, { flags, seq, ack, ...rest });
  }
}

/** Octets of an IPv4 address. */
export function octetsOf(address: number): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, address);
  return octets;
}

function wordOf(octets: Uint8Array): number {
  return new DataView(octets.buffer, octets.byteOffset).getUint32(0);
}
