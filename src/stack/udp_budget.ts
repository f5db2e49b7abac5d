/**
 * How many datagrams are answered. Their senders may be forged, and then the
 * answers hit whoever they name: so a network gets few a second, and all
 * together no more than a small link carries.
 *
 * @module
 */

// Answers a second, to one network and to all.
const TO_ONE = 50;
const TO_ALL = 2000;

// Counters; networks that share one by chance share what it has left.
const COUNTERS = 4096;

/** Counts answers, second by second. */
export class UdpBudget {
  readonly #counts: Uint8Array<ArrayBuffer> = new Uint8Array(COUNTERS);
  readonly #secret: number;
  readonly #toOne: number;
  readonly #toAll: number;
  #total = 0;
  #second = 0;

  /**
   * Makes a budget that nothing was spent of.
   *
   * @param secret 32 random bits.
   * @param shares Into how many the sensor's budget is divided, of which this
   * is one.
   */
  constructor(secret: number, shares = 1) {
    this.#secret = secret;
    this.#toOne = Math.ceil(TO_ONE / shares);
    this.#toAll = Math.ceil(TO_ALL / shares);
  }

  /**
   * Lets time pass.
   *
   * @param now Time, in milliseconds since 1970.
   */
  tick(now: number): void {
    const second = Math.floor(now / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.#total = 0;
    this.#counts.fill(0);
  }

  /**
   * Spends an answer, if there is one left.
   *
   * @param view Memory that holds the address of the receiver.
   * @param at Offset of its first octet.
   * @param addressLen Its length, in octets: 4 or 16. The first 3, or 6, are
   * its network.
   * @returns Whether there was one left.
   */
  spend(view: DataView, at: number, addressLen: number): boolean {
    const network = addressLen === 4
      ? view.getUint16(at) << 8 | view.getUint8(at + 2)
      : view.getInt32(at) ^ view.getUint16(at + 4);
    const hash = Math.imul(network ^ this.#secret, 0x9e3779b1);
    const counter = (hash ^ hash >>> 15) & (COUNTERS - 1);
    if (
      this.#total === this.#toAll || this.#counts[counter] === this.#toOne
    ) return false;
    this.#total++;
    this.#counts[counter]!++;
    return true;
  }
}
