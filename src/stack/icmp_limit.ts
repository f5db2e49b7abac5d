/**
 * How often ICMP errors are sent: like Linux, so many a second to all peers,
 * and fewer to one of them.
 *
 * @module
 */

// Errors that may be sent at once after a pause: XRLIM_BURST_FACTOR to one
// peer, net.ipv4.icmp_msgs_burst to all.
const BURST_TO_ONE = 6;
const BURST_TO_ALL = 50;
const PACE_TO_ALL = 1; // milliseconds: net.ipv4.icmp_msgs_per_sec, 1000

// Buckets; peers that share one by chance share what it has left.
const BUCKETS = 4096;

/** A token bucket for each peer, and one for all of them behind those. */
export class IcmpLimit {
  // When each was last empty, in milliseconds modulo 2^32; it fills from then.
  readonly #emptyAt: Int32Array<ArrayBuffer> = new Int32Array(BUCKETS + 1);
  readonly #pace: number;
  readonly #paceToAll: number;
  readonly #secret: number;
  #now = 0;

  /**
   * Makes a limit that nothing was spent of.
   *
   * @param pace Milliseconds between errors to one peer, in the long run.
   * @param secret 32 random bits.
   * @param shares How many there are of it, each of which spends as little of
   * what is for all peers.
   */
  constructor(pace: number, secret: number, shares: number) {
    this.#pace = pace;
    this.#paceToAll = PACE_TO_ALL * shares;
    this.#secret = secret;
  }

  /**
   * Lets time pass.
   *
   * @param now Time, in milliseconds since 1970.
   */
  tick(now: number): void {
    this.#now = now | 0;
  }

  /**
   * Spends an error, if there is one left.
   *
   * @param view Memory that holds the address of the receiver.
   * @param at Offset of its first octet.
   * @param addressLen Its length, in octets: 4 or 16.
   * @returns Whether there was one left.
   */
  spend(view: DataView, at: number, addressLen: number): boolean {
    let hash = this.#secret;
    for (let i = 0; i < addressLen; i += 4) {
      hash = Math.imul(hash ^ view.getInt32(at + i), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    const bucket = hash & (BUCKETS - 1);
    const pace = this.#pace;
    const toOne = this.#filled(bucket, BURST_TO_ONE * pace);
    const toAll = this.#filled(BUCKETS, BURST_TO_ALL * PACE_TO_ALL);
    if (toOne < pace || toAll < this.#paceToAll) return false;
    this.#emptyAt[bucket] = this.#now - toOne + pace;
    this.#emptyAt[BUCKETS] = this.#now - toAll + this.#paceToAll;
    return true;
  }

  /** Milliseconds that a bucket has filled for, at most `full`. */
  #filled(bucket: number, full: number): number {
    const filled = (this.#now - this.#emptyAt[bucket]!) | 0;
    // Negative: it was empty half a round of the clock ago, or that was set.
    return filled < 0 || filled > full ? full : filled;
  }
}
