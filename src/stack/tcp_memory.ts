/**
 * What TCP remembers by: all of it of a fixed size.
 *
 * @module
 */

import type { Arena } from "../arena.ts";
import { BufferPool } from "../buffer_pool.ts";
import { FlowLedger } from "../flow_ledger.ts";
import { AHEAD, ANSWER, FlowTable, FORGOTTEN, REQUEST } from "../flow_table.ts";
import type { Recorder } from "../record/recorder.ts";

/** How much of everything there is. */
export interface TcpBounds {
  /** Proven peers that are remembered. */
  readonly flows: number;
  /** Requests that wait for their rest, and answers for acknowledgment. */
  readonly buffers: number;
  /** Streams of which something waits that came too early. */
  readonly ahead: number;
  /** Octets that a buffer holds, a multiple of 8. */
  readonly bufferLen: number;
}

/** Bounds of the program. */
export const TCP_BOUNDS: TcpBounds = {
  flows: 327_680,
  buffers: 4096,
  ahead: 1024,
  bufferLen: 8192,
};

/** Octets of the arena that a memory of the program's bounds takes. */
export const TCP_MEMORY: number = TCP_BOUNDS.bufferLen *
  (2 * TCP_BOUNDS.buffers + TCP_BOUNDS.ahead);

/** Flows and the buffers that belong to them. */
export class TcpMemory {
  /** Peers that proved themselves. */
  readonly flows: FlowTable;
  /** Where it is counted what they say and hear. */
  readonly ledger: FlowLedger;
  /** Where requests wait that came in part. */
  readonly requests: BufferPool;
  /** Where answers wait to be acknowledged. */
  readonly answers: BufferPool;
  /** Where octets wait for those before them. */
  readonly ahead: BufferPool;

  /**
   * Takes what it needs.
   *
   * @param arena Where buffers are taken from.
   * @param key Key for the flow table.
   * @param recorder Who is told of flows that are over.
   * @param bounds How much there is.
   */
  constructor(
    arena: Arena,
    key: Uint8Array,
    recorder: Recorder,
    bounds: TcpBounds = TCP_BOUNDS,
  ) {
    const { ahead, bufferLen, buffers, flows } = bounds;
    this.flows = new FlowTable(flows, key, (flow, why) => {
      this.ledger.close(flow, why);
      const { words } = this.flows;
      this.requests.release(words[flow + REQUEST]!);
      this.answers.release(words[flow + ANSWER]!);
      this.ahead.release(words[flow + AHEAD]!);
    });
    const pool = (count: number): BufferPool =>
      new BufferPool(arena, count, bufferLen, {
        reclaim: (flow) => this.flows.forget(flow, FORGOTTEN.reclaimed),
        sourceOf: (flow) => this.flows.sourceOf(flow),
      });
    this.ledger = new FlowLedger(
      this.flows,
      recorder.wantsExchanges,
      (why, facts) => recorder.flow(why, facts),
    );
    this.requests = pool(buffers);
    this.answers = pool(buffers);
    this.ahead = pool(ahead);
  }

  /** Flows that were forgotten because others needed their buffers. */
  get reclaimed(): number {
    const { ahead, answers, requests } = this;
    return requests.reclaimed + answers.reclaimed + ahead.reclaimed;
  }
}
