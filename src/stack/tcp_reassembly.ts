/**
 * Octets of a stream that came before those in front of them: kept, as one run
 * a stream, until the gap is filled. RFC 9293 §3.10.7.4.
 *
 * ```text
 *  taken | gap | run |
 *        ^     ^     ^
 *   RCV_NXT   RUN_AT  + length of the buffer AHEAD
 * ```
 *
 * What does not touch the run is not kept; the peer sends it again.
 *
 * @module
 */

import { type BufferPool, NO_BUFFER } from "../buffer_pool.ts";
import { AHEAD, type FlowTable, RCV_NXT, RUN_AT } from "../flow_table.ts";
import { seqAdd } from "../wire/seq.ts";

/** Keeps one run of octets for each flow. */
export class TcpReassembly {
  readonly #flows: FlowTable;
  readonly #buffers: BufferPool;

  /** Offset of the first octet that {@linkcode TcpReassembly.join} found. */
  at = 0;
  /** Offset one past the last octet that it found. */
  end = 0;

  /**
   * Starts with nothing kept.
   *
   * @param flows Whose streams they are.
   * @param buffers Where octets are kept.
   */
  constructor(flows: FlowTable, buffers: BufferPool) {
    this.#flows = flows;
    this.#buffers = buffers;
  }

  /**
   * Keeps octets that are ahead. Of those that came twice, the first to come
   * are kept.
   *
   * @param flow Flow that they belong to.
   * @param seq Sequence number of the first.
   * @param at Its offset.
   * @param end Offset one past the last.
   */
  keep(flow: number, seq: number, at: number, end: number): void {
    const { words } = this.#flows;
    let buffer = words[flow + AHEAD]!;
    if (buffer === NO_BUFFER) {
      if (at === end) return;
      buffer = this.#buffers.take(flow);
      words[flow + AHEAD] = buffer;
      words[flow + RUN_AT] = seq;
    }
    const length = this.#buffers.lengthOf(buffer);
    const before = (words[flow + RUN_AT]! - seq) | 0; // the run begins later
    const behind = end - at - before - length; // and ends sooner
    if (before > end - at || behind > end - at) return; // touches it nowhere
    if (before > 0 && this.#buffers.prepend(buffer, at, at + before)) {
      words[flow + RUN_AT] = seq;
    }
    if (behind > 0) this.#buffers.append(buffer, end - behind, end);
  }

  /**
   * Finds what follows the octets that have been taken, and takes it.
   *
   * @param flow Flow whose `RCV_NXT` has moved.
   * @returns Whether there is any: `[at, end)`, to be read before the buffer is
   * given back with {@linkcode TcpReassembly.release}.
   */
  join(flow: number): boolean {
    const { words } = this.#flows;
    const buffer = words[flow + AHEAD]!;
    if (buffer === NO_BUFFER) return false;
    const known = (words[flow + RCV_NXT]! - words[flow + RUN_AT]!) | 0;
    if (known < 0) return false; // the gap is smaller, and still there
    const length = this.#buffers.lengthOf(buffer);
    if (known >= length) {
      this.release(flow);
      return false;
    }
    this.at = this.#buffers.at(buffer) + known;
    this.end = this.at + length - known;
    words[flow + RCV_NXT] = seqAdd(words[flow + RUN_AT]!, length);
    return true;
  }

  /**
   * Gives the buffer of a flow back.
   *
   * @param flow The flow.
   */
  release(flow: number): void {
    const { words } = this.#flows;
    this.#buffers.release(words[flow + AHEAD]!);
    words[flow + AHEAD] = NO_BUFFER;
  }

  /**
   * Measures the run of a flow, for a selective acknowledgment.
   *
   * @param flow The flow.
   * @returns Its octets; 0 without.
   */
  lengthOf(flow: number): number {
    return this.#buffers.lengthOf(this.#flows.words[flow + AHEAD]!);
  }
}
