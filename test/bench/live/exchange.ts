/**
 * Whole HTTP exchanges: handshake, request, page, and the end from both sides.
 * Every number of every segment that comes back is checked.
 *
 * @module
 */

import {
  ACK,
  ACKED,
  clientOf,
  CLIENTS,
  FIN,
  FLAGS,
  GET,
  HEADER_LEN,
  IP_TOTAL_LEN,
  L4,
  OPTIONS,
  PSH,
  SEQ,
  SYN,
  SYN_OPTIONS,
  TCP,
  tcpFrame,
  Template,
} from "../template.ts";
import { isSound, type Load } from "./load.ts";
import type { LoadPort } from "./load_port.ts";

const WINDOW = 1024; // exchanges at a time
const PATIENCE_MS = 2000; // until a client gives up
const PORT = 80;
const PROTOCOL = 23;
const HALF = CLIENTS / 2; // the lower half is others'

const FREE = 0;
const CONNECTING = 1;
const ASKING = 2;
const CLOSING = 3;

const STATUS = new TextEncoder().encode("HTTP/1.1 401 ");
const LENGTH = new TextEncoder().encode("Content-Length: ");
const CR = 0x0d;
const ZERO = 0x30;

let generation = 0;

/** Clients that fetch a page, so many at a time. */
export class Exchanges implements Load {
  readonly #port: LoadPort;
  readonly #stays: boolean;
  readonly #syn = new Template(tcpFrame(SYN, SYN_OPTIONS));
  readonly #ack = new Template(tcpFrame(ACKED, OPTIONS));
  readonly #get = new Template(tcpFrame(ACKED | PSH, OPTIONS, GET));
  readonly #fin = new Template(tcpFrame(ACKED | FIN, OPTIONS));
  readonly #phases = new Uint8Array(WINDOW);
  readonly #clients = new Int32Array(WINDOW);
  readonly #seqs = new Int32Array(WINDOW);
  readonly #acks = new Int32Array(WINDOW);
  readonly #since = new Float64Array(WINDOW);
  #turn = 0;

  readonly name: string;
  readonly pace = undefined;
  readonly countsFrames = false;
  asked = 0;
  answered = 0;

  /**
   * Makes a load.
   *
   * @param port Where frames leave.
   * @param name What it is, for a person.
   * @param stays Whether clients stay connected after the first page.
   */
  constructor(port: LoadPort, name = "HTTP exchange", stays = false) {
    this.#port = port;
    this.name = name;
    this.#stays = stays;
    generation++; // of clients that no load before left connected
  }

  ask(): boolean {
    const slot = this.#turn;
    const now = performance.now();
    const isFree = this.#phases[slot] === FREE;
    if (!isFree && now - this.#since[slot]! < PATIENCE_MS) return false;
    this.#turn = (slot + 1) % WINDOW;
    const client = HALF + (generation * WINDOW + slot) % HALF;
    if (slot === WINDOW - 1) generation++;
    this.#phases[slot] = CONNECTING;
    this.#clients[slot] = client;
    this.#seqs[slot] = client + 1;
    this.#since[slot] = now;
    this.#port.put(this.#syn, client, client);
    this.asked++;
    return true;
  }

  take(at: number, end: number): boolean {
    const { view } = this.#port.arena;
    if (view.getUint8(at + PROTOCOL) !== TCP) return false;
    if (view.getUint16(at + L4) !== PORT || !isSound(view, at, end)) {
      return false;
    }
    const client = clientOf(view, at);
    const slot = client % WINDOW;
    if (this.#clients[slot] !== client) return false;
    if (view.getInt32(at + ACK) !== this.#seqs[slot]) return false;
    const seq = view.getInt32(at + SEQ);
    const flags = view.getUint8(at + FLAGS);
    const phase = this.#phases[slot];
    if (phase === CONNECTING && flags === (SYN | ACKED)) {
      this.#request(slot, seq + 1 | 0);
      return true;
    }
    if (seq !== this.#acks[slot]) return false;
    if (phase === ASKING && flags === (PSH | ACKED)) {
      return this.#read(slot, at);
    }
    if (phase === CLOSING && flags === (FIN | ACKED)) {
      this.#port.put(this.#ack, client, this.#seqs[slot], seq + 1 | 0);
      this.#phases[slot] = FREE;
      this.answered++;
      return true;
    }
    return false;
  }

  /** Acknowledges the SYN-ACK and asks for the page. */
  #request(slot: number, ack: number): void {
    const client = this.#clients[slot]!;
    const seq = this.#seqs[slot]!;
    this.#port.put(this.#ack, client, seq, ack);
    this.#port.put(this.#get, client, seq, ack);
    this.#seqs[slot] = seq + GET.length | 0;
    this.#acks[slot] = ack;
    this.#phases[slot] = ASKING;
  }

  /** Takes the page, acknowledges it and says goodbye. */
  #read(slot: number, at: number): boolean {
    const { bytes, view } = this.#port.arena;
    const pageAt = at + L4 + (view.getUint8(at + HEADER_LEN) >>> 4 << 2);
    const pageEnd = at + 14 + view.getUint16(at + IP_TOTAL_LEN);
    if (!isPage(bytes, pageAt, pageEnd)) return false;
    const client = this.#clients[slot]!;
    const seq = this.#seqs[slot]!;
    const ack = this.#acks[slot]! + pageEnd - pageAt | 0;
    this.#port.put(this.#ack, client, seq, ack);
    if (this.#stays) {
      this.#phases[slot] = FREE;
      this.answered++;
      return true;
    }
    this.#port.put(this.#fin, client, seq, ack);
    this.#seqs[slot] = seq + 1 | 0;
    this.#acks[slot] = ack;
    this.#phases[slot] = CLOSING;
    return true;
  }
}

/** Whether `[at, end)` is the page, to its last octet: RFC 9112 §6.3. */
function isPage(bytes: Uint8Array, at: number, end: number): boolean {
  if (!startsWith(bytes, at, STATUS)) return false;
  let bodyLen = -1;
  for (; at + 4 <= end; at++) {
    if (bytes[at] !== CR) continue;
    if (bytes[at + 2] === CR) return end - at - 4 === bodyLen;
    if (!startsWith(bytes, at + 2, LENGTH)) continue;
    bodyLen = 0;
    for (let i = at + 2 + LENGTH.length; bytes[i] !== CR && i < end; i++) {
      bodyLen = 10 * bodyLen + bytes[i]! - ZERO;
    }
  }
  return false;
}

function startsWith(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) {
    if (bytes[at + i] !== text[i]) return false;
  }
  return true;
}
