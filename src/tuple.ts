/**
 * What tells one TCP connection from all others.
 *
 * @module
 */

/** Words that a tuple takes at most: two IPv6 addresses, ports, VLAN tags. */
export const TUPLE_WORDS = 10;

/**
 * Both addresses, both ports and the VLAN tags of a segment, as seen from its
 * sender, in 32-bit words. One instance is refilled for every segment.
 */
export class Tuple {
  /**
   * The words; there is room for two more behind them, so that a hash over the
   * tuple and a little else needs no copy.
   */
  readonly words: Int32Array<ArrayBuffer> = new Int32Array(TUPLE_WORDS + 2);

  /** How many words are in use: 4 for IPv4, 10 for IPv6. */
  count = 0;

  /**
   * Refills the tuple from a segment.
   *
   * @param view Memory that holds the segment.
   * @param srcAt Offset of the source address, directly followed by the
   * destination address, as it is in both versions of IP.
   * @param addressLen Length of one address, in octets: 4 or 16.
   * @param portsAt Offset of the source port, directly followed by the
   * destination port.
   * @param vlan VLAN tags of the frame; 0 without.
   */
  fill(
    view: DataView,
    srcAt: number,
    addressLen: number,
    portsAt: number,
    vlan: number,
  ): void {
    const words = this.words;
    const addressWords = addressLen >> 1;
    for (let i = 0; i < addressWords; i++) {
      words[i] = view.getInt32(srcAt + (i << 2));
    }
    words[addressWords] = view.getInt32(portsAt);
    words[addressWords + 1] = vlan;
    this.count = addressWords + 2;
  }
}
