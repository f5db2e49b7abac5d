/**
 * Loads of one frame, and one that answers it or none.
 *
 * @module
 */

import {
  ACK,
  ACKED,
  clientOf,
  CLIENTS,
  FLAGS,
  ICMP,
  ipFrame,
  L4,
  QUERY,
  RST,
  STACK,
  SYN,
  SYN_OPTIONS,
  type Target,
  TCP,
  tcpFrame,
  Template,
  UDP,
  udpFrame,
} from "../template.ts";
import { isSound, type Load } from "./load.ts";
import type { LoadPort } from "./load_port.ts";

const ETHERTYPE = 12;
const ARP = 0x0806;
const ARP_OPERATION = 20;
const ARP_SENDER = 22;
const PROTOCOL = 23;
const IP_SRC = 26;
const UDP_DATA = 42;

const HALF = CLIENTS / 2; // the others are for exchanges
const SCATTER = 0x9e3779b1;

let nextClient = 0;

/** Whether a frame is the answer to one of a load. */
type IsAnswer = (view: DataView, at: number, end: number) => boolean;

/** How a load differs from one where every frame has an answer. */
interface SingleOptions {
  /** Frames a second; absent: as many as can be. */
  readonly pace?: number;
  /** Whether frames are counted rather than answers. */
  readonly countsFrames?: boolean;
}

/** One frame, from another client each time. */
export class Single implements Load {
  readonly #port: LoadPort;
  readonly #template: Template;
  readonly #isAnswer: IsAnswer | undefined;

  readonly name: string;
  readonly pace: number | undefined;
  readonly countsFrames: boolean;
  asked = 0;
  answered = 0;

  /**
   * Makes a load.
   *
   * @param port Where frames leave.
   * @param name What it is, for a person.
   * @param frame The frame.
   * @param isAnswer Knows the answer; absent: there must not be any.
   * @param options How it differs from one where every frame has an answer.
   */
  constructor(
    port: LoadPort,
    name: string,
    frame: Uint8Array,
    isAnswer?: IsAnswer,
    { countsFrames = isAnswer === undefined, pace }: SingleOptions = {},
  ) {
    this.#port = port;
    this.name = name;
    this.#template = new Template(frame);
    this.#isAnswer = isAnswer;
    this.countsFrames = countsFrames;
    this.pace = pace;
  }

  ask(): boolean {
    // One after the other from networks far apart, and each once in 2^29.
    const client = Math.imul(nextClient++, SCATTER) & HALF - 1;
    this.#port.put(this.#template, client, client);
    this.asked++;
    return true;
  }

  take(at: number, end: number): boolean {
    const { view } = this.#port.arena;
    if (!this.#isAnswer?.(view, at, end)) return false;
    this.answered++;
    return true;
  }
}

/** ARP requests for the stack's address. */
export function arp(port: LoadPort): Load {
  const { ip, mac } = STACK;
  const frame = Uint8Array.fromHex(
    `${mac}02000000000208060001080006040001020000000002c6120000000000000000${ip}`,
  );
  const sender = Uint8Array.fromHex(mac + ip);
  return new Single(port, "ARP", frame, ({ buffer }, at, end) => {
    const octets = new Uint8Array(buffer, at, end - at);
    return octets[ETHERTYPE + 1] === (ARP & 0xff) &&
      octets[ARP_OPERATION + 1] === 2 &&
      sender.every((octet, i) => octets[ARP_SENDER + i] === octet);
  });
}

/** Pings of 56 octets, as ping(8) sends. */
export function ping(port: LoadPort, target: Target = STACK): Load {
  const frame = pingFrame(0x1234, target);
  const { length } = frame;
  const own = Number(`0x${target.ip}`);
  return new Single(
    port,
    "ping",
    frame,
    (view, at, end) =>
      view.getUint8(at + PROTOCOL) === ICMP &&
      view.getUint16(at + L4) === 0 && view.getUint16(at + L4 + 4) === 0x1234 &&
      view.getUint32(at + IP_SRC) === own && end - at === length &&
      isSound(view, at, end),
  );
}

/**
 * Makes a ping.
 *
 * @param id Its identifier; its number is 0.
 * @param target Whom it is for.
 */
export function pingFrame(id: number, target: Target = STACK): Uint8Array {
  const data = Array.from({ length: 56 }, (_, i) => i);
  let sum = 0x0800 + id;
  for (let i = 0; i < data.length; i += 2) sum += data[i]! << 8 | data[i + 1]!;
  const checksum = ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
  return ipFrame(ICMP, [
    ...[8, 0, checksum >> 8, checksum & 0xff, id >> 8, id & 0xff, 0, 0],
    ...data,
  ], target);
}

/** SYNs to a port; the answer is a SYN-ACK with the right number. */
export function syns(port: LoadPort): Load {
  return synsFor(port, "SYN", SYN | ACKED, 81, STACK);
}

/** SYNs to a port of the kernel's where nobody listens, which it resets. */
export function closedSyns(port: LoadPort, target: Target): Load {
  return synsFor(port, "SYN", RST | ACKED, 81, target);
}

function synsFor(
  port: LoadPort,
  name: string,
  flags: number,
  dstPort: number,
  target: Target,
): Load {
  const frame = tcpFrame(SYN, SYN_OPTIONS, undefined, dstPort, target);
  return new Single(port, name, frame, (view, at, end) => {
    return isFrom(view, at, TCP, dstPort) &&
      view.getUint8(at + FLAGS) === flags &&
      view.getInt32(at + ACK) === (clientOf(view, at) + 1 | 0) &&
      isSound(view, at, end);
  });
}

/** Queries for an address, as many as the budgets for UDP allow. */
export function queries(port: LoadPort): Load {
  return queriesOf(port, "DNS", { pace: 1500 });
}

/** Queries for an address, far more than the budgets for UDP allow. */
export function tooManyQueries(port: LoadPort): Load {
  return queriesOf(port, "DNS over budget", { countsFrames: true });
}

function queriesOf(
  port: LoadPort,
  name: string,
  options: SingleOptions,
): Load {
  const isAnswer: IsAnswer = (view, at, end) =>
    isFrom(view, at, UDP, 53) &&
    view.getUint16(at + UDP_DATA) === 0x1234 && // identification
    (view.getUint16(at + UDP_DATA + 2) & 0x800f) === 0x8000 && // no error
    view.getUint16(at + UDP_DATA + 6) === 1 && // one answer
    isSound(view, at, end);
  return new Single(port, name, udpFrame(QUERY), isAnswer, options);
}

/** Datagrams that nobody understands. */
export function noise(port: LoadPort): Load {
  const payload = new TextEncoder().encode("nobody understands this datagram");
  return new Single(port, "noise", udpFrame(payload, 4321));
}

/** Refusals of what somebody else asked in our name. */
export function backscatter(port: LoadPort): Load {
  return new Single(port, "backscatter", tcpFrame(RST | ACKED, ""));
}

/** Frames that come back with their ends exchanged. */
export function echoes(port: LoadPort): Load {
  const frame = tcpFrame(SYN, SYN_OPTIONS, undefined, 82);
  return new Single(
    port,
    "frames",
    frame,
    (view, at, end) => isFrom(view, at, TCP, 82) && isSound(view, at, end),
  );
}

function isFrom(
  view: DataView,
  at: number,
  protocol: number,
  port: number,
): boolean {
  return view.getUint16(at + ETHERTYPE) === 0x0800 &&
    view.getUint8(at + PROTOCOL) === protocol &&
    view.getUint16(at + L4) === port;
}
