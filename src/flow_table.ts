/**
 * What is remembered of TCP peers that proved themselves.
 *
 * A fixed number of records in one typed array, found by a keyed hash of the
 * whole tuple and kept in order of last use. Whatever arrives, memory stays
 * where it was, and every operation takes the same time with one flow or with
 * all. When the table is full, a flow of the source that has most makes room
 * or, if none has more than others, the flow that was silent for longest.
 *
 * @module
 */

import { FairShare, SOURCES } from "./fair_share.ts";
import { SipHash } from "./siphash.ts";
import { type Tuple, TUPLE_WORDS } from "./tuple.ts";

/** Result of {@linkcode FlowTable.find}: no such flow. */
export const NO_FLOW: number = -1;

/** A record is this many int32 words: 128 octets, two cache lines. */
export const RECORD_WORDS = 32;

// Words that the table itself uses.
/** Words: addresses, ports and VLAN tags, as in {@linkcode Tuple}. */
export const TUPLE = 0; // to TUPLE_WORDS
/** Word: how many of those are in use. */
export const TUPLE_COUNT: number = TUPLE_WORDS;
const NEXT_IN_BUCKET = 11; // the complement of the bucket at its end
const OLDER = 12;
const NEWER = 13;
const LAST_USE = 14; // milliseconds, modulo 2^32

/** Word: next sequence number that we expect. */
export const RCV_NXT = 15;
/** Word: next sequence number that we send. */
export const SND_NXT = 16;
/** Word: first sequence number that the peer has not acknowledged. */
export const SND_UNA = 17;
/** Word: octets that the peer has room for, from the former on. */
export const SND_WND = 18;
/** Word: largest payload of a segment to the peer, in octets. */
export const SND_MSS = 19;
/** Word: what the two ends agreed on and have said, bits of the TCP layer. */
export const AGREED = 20;
/** Word: the peer's latest timestamp. */
export const PEER_TIMESTAMP = 21;
/** Word: what our timestamps are ahead of the time. */
export const TIMESTAMP_OFFSET = 22;
/** Word: identification of the last IPv4 packet of this flow. */
export const IP_ID = 23;
/** Word: index of the protocol, or a negative number. */
export const PROTOCOL = 24;
/** Word: the protocol's own state. */
export const STATE = 25;
/** Word: octets still to be thrown away. */
export const SKIP = 26;
/** Word: buffer of the request that came in part, or a negative number. */
export const REQUEST = 27;
/** Word: buffer of what was not acknowledged, or a negative number. */
export const ANSWER = 28;
/** Word: buffer of octets that came too early, or a negative number. */
export const AHEAD = 29;
/** Word: sequence number of the first of them. */
export const RUN_AT = 30;
/** Word: random bits of this flow, the same for as long as it is. */
export const SEED = 31;

const EXPIRED_AT_ONCE = 256;

const IPV4_WORDS = 4; // of a tuple
const IPV6_SITE = 0xffff_0000; // in the second word of an address: a /48

/** Why a flow is forgotten. */
export const FORGOTTEN = {
  /** It ended: closed, reset, or followed by another between the same ports. */
  ended: 0,
  /** It was silent for too long. */
  idle: 1,
  /** Another needed its place. */
  evicted: 2,
  /** Another needed its buffer. */
  reclaimed: 3,
  /** The program ends. */
  stopped: 4,
} as const;

/** Called with a flow that is about to be forgotten, and why. */
export type OnForget = (flow: number, why: number) => void;

/** All flows of one packet worker. */
export class FlowTable {
  readonly #hash: SipHash;
  readonly #buckets: Int32Array<ArrayBuffer>; // → flow + 1; 0: empty
  readonly #onForget: OnForget;
  readonly #shares: FairShare;
  #freed = NO_FLOW; // list of forgotten records, through NEXT_IN_BUCKET
  #touched = 0; // records that were ever in use
  #oldest = NO_FLOW;
  #newest = NO_FLOW;

  // The tuple hashed last, how many words it has, and its bucket.
  readonly #hashed = new Int32Array(TUPLE_WORDS);
  #hashedCount = 0;
  #hashedBucket = 0;

  /**
   * The records. Word `w` of flow `f`, as both are numbered here, is
   * `words[f + w]`.
   */
  readonly words: Int32Array<ArrayBuffer>;
  /** Most flows that it holds. */
  readonly capacity: number;
  /** Number of flows in the table. */
  size = 0;
  /** Flows that had to make room before their time was up. */
  evicted = 0;
  /** Flows whose time was up. */
  expired = 0;

  /**
   * Makes an empty table.
   *
   * @param capacity Most flows that it holds.
   * @param key Key for {@linkcode SipHash}.
   * @param onForget Called with every flow that leaves.
   */
  constructor(capacity: number, key: Uint8Array, onForget: OnForget) {
    this.#hash = new SipHash(key);
    this.capacity = capacity;
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(capacity)));
    this.#onForget = onForget;
    this.#shares = new FairShare(capacity);
    this.words = new Int32Array(capacity * RECORD_WORDS);
  }

  /**
   * Finds a flow.
   *
   * @param tuple Addresses and ports of a segment.
   * @returns The flow, or {@linkcode NO_FLOW}.
   */
  find(tuple: Tuple): number {
    const { words } = this;
    let flow = this.#buckets[this.#bucketOf(tuple)]! - 1;
    while (flow >= 0 && !this.#isOf(flow, tuple)) {
      flow = words[flow + NEXT_IN_BUCKET]!;
    }
    return flow < 0 ? NO_FLOW : flow;
  }

  /**
   * Adds a flow that is not in the table, as the one used last.
   *
   * @param tuple Addresses and ports of a segment.
   * @param now Time, in milliseconds, as int32.
   * @returns The flow, all its public words 0.
   */
  add(tuple: Tuple, now: number): number {
    if (this.size === this.capacity) {
      this.evicted++;
      const member = this.#shares.yielder(memberOf(this.#oldest));
      this.forget(member * RECORD_WORDS, FORGOTTEN.evicted);
    }
    const { words } = this;
    let flow = this.#freed;
    if (flow === NO_FLOW) flow = RECORD_WORDS * this.#touched++;
    else this.#freed = words[flow + NEXT_IN_BUCKET]!;
    words.fill(0, flow, flow + RECORD_WORDS);
    for (let i = 0; i < tuple.count; i++) {
      words[flow + TUPLE + i] = tuple.words[i]!;
    }
    words[flow + TUPLE_COUNT] = tuple.count;

    const bucket = this.#bucketOf(tuple);
    const first = this.#buckets[bucket]!;
    words[flow + NEXT_IN_BUCKET] = first === 0 ? ~bucket : first - 1;
    this.#buckets[bucket] = flow + 1;
    this.#append(flow, now);
    this.#shares.take(memberOf(flow), this.#sourceOf(tuple));
    this.size++;
    return flow;
  }

  /**
   * Tells whose a flow is: an address of IPv4, a /48 of IPv6.
   *
   * @param flow A flow in the table.
   * @returns Number of the source, as in {@linkcode FairShare}.
   */
  sourceOf(flow: number): number {
    return this.#shares.sourceOf(memberOf(flow));
  }

  /**
   * Marks a flow as the one used last.
   *
   * @param flow A flow in the table.
   * @param now Time, in milliseconds, as int32.
   */
  touch(flow: number, now: number): void {
    if (flow !== this.#newest) {
      this.#unlink(flow);
      this.#append(flow, now);
    } else {
      this.words[flow + LAST_USE] = now;
    }
  }

  /**
   * Forgets flows that were not used lately, but no more than a few at a time:
   * the packet loop must not wait.
   *
   * @param now Time, in milliseconds, as int32.
   * @param idle How long a flow may be silent, in milliseconds.
   */
  expire(now: number, idle: number): void {
    for (let i = 0; i < EXPIRED_AT_ONCE && this.#oldest !== NO_FLOW; i++) {
      const age = (now - this.words[this.#oldest + LAST_USE]!) | 0;
      if (age < idle) return;
      this.expired++;
      this.forget(this.#oldest, FORGOTTEN.idle);
    }
  }

  /** Forgets all flows, for the program ends. */
  clear(): void {
    while (this.#oldest !== NO_FLOW) {
      this.forget(this.#oldest, FORGOTTEN.stopped);
    }
  }

  /**
   * Removes a flow.
   *
   * @param flow A flow in the table.
   * @param why Why, of {@linkcode FORGOTTEN}.
   */
  forget(flow: number, why: number = FORGOTTEN.ended): void {
    this.#onForget(flow, why);
    const { words } = this;
    const next = words[flow + NEXT_IN_BUCKET]!;
    let end = next;
    while (end >= 0) end = words[end + NEXT_IN_BUCKET]!;
    const bucket = ~end;
    let link = this.#buckets[bucket]! - 1;
    if (link === flow) {
      this.#buckets[bucket] = next < 0 ? 0 : next + 1;
    } else {
      while (words[link + NEXT_IN_BUCKET] !== flow) {
        link = words[link + NEXT_IN_BUCKET]!;
      }
      words[link + NEXT_IN_BUCKET] = next;
    }
    this.#unlink(flow);
    this.#shares.giveBack(memberOf(flow));
    words[flow + NEXT_IN_BUCKET] = this.#freed;
    this.#freed = flow;
    this.size--;
  }

  /** Hashes a tuple, unless it is the one hashed last: segments come in runs. */
  #bucketOf({ count, words }: Tuple): number {
    const hashed = this.#hashed;
    if (count === this.#hashedCount) {
      let i = 0;
      while (i < count && hashed[i] === words[i]) i++;
      if (i === count) return this.#hashedBucket;
    }
    for (let i = 0; i < count; i++) hashed[i] = words[i]!;
    this.#hashedCount = count;
    this.#hashedBucket = this.#hash.hash(words, count) &
      (this.#buckets.length - 1);
    return this.#hashedBucket;
  }

  readonly #scratch: Int32Array<ArrayBuffer> = new Int32Array(3);

  #sourceOf(tuple: Tuple): number {
    const { count, words } = tuple;
    this.#scratch[0] = words[0]!;
    this.#scratch[1] = count === IPV4_WORDS ? 0 : words[1]! & IPV6_SITE;
    this.#scratch[2] = count;
    return this.#hash.hash(this.#scratch, 3) & (SOURCES - 1);
  }

  #isOf(flow: number, tuple: Tuple): boolean {
    const { words } = this;
    if (words[flow + TUPLE_COUNT] !== tuple.count) return false;
    for (let i = 0; i < tuple.count; i++) {
      if (words[flow + TUPLE + i] !== tuple.words[i]) return false;
    }
    return true;
  }

  /** Puts a flow at the newest end of the order of use. */
  #append(flow: number, now: number): void {
    const { words } = this;
    words[flow + LAST_USE] = now;
    words[flow + OLDER] = this.#newest;
    words[flow + NEWER] = NO_FLOW;
    if (this.#newest === NO_FLOW) this.#oldest = flow;
    else words[this.#newest + NEWER] = flow;
    this.#newest = flow;
  }

  /** Takes a flow out of the order of use. */
  #unlink(flow: number): void {
    const { words } = this;
    const older = words[flow + OLDER]!;
    const newer = words[flow + NEWER]!;
    if (older === NO_FLOW) this.#oldest = newer;
    else words[older + NEWER] = newer;
    if (newer === NO_FLOW) this.#newest = older;
    else words[newer + OLDER] = older;
  }
}

/** Number of a flow among all records. */
function memberOf(flow: number): number {
  return flow / RECORD_WORDS;
}
