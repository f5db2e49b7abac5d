/**
 * What the control thread and a packet worker say to each other. A message to
 * the worker is followed by a signal that wakes it.
 *
 * @module
 */

import type { PolicyTables } from "../address/policy.ts";
import type { AddressRange } from "../address/set.ts";
import type { Listen } from "../record/layout.ts";

/** First message to a worker: what to do. */
export interface Job {
  /** Tells messages apart. */
  readonly kind: "job";
  /** Name of the interface. */
  readonly iface: string;
  /** Number of the interface. */
  readonly index: number;
  /** Largest IP packet of the interface, in octets. */
  readonly mtu: number;
  /** Our hardware address. */
  readonly mac: Uint8Array;
  /** Whether that is not the interface's own. */
  readonly hasForeignMac: boolean;
  /** Which addresses are ours, and whom we talk to. */
  readonly policy: PolicyTables;
  /** Our addresses, if they are listed. */
  readonly ranges: readonly AddressRange[] | undefined;
  /** Who to pretend to be, by name. */
  readonly persona: string;
  /** Key that everything unpredictable is derived from. */
  readonly key: Uint8Array;
  /** What to record. */
  readonly listen: Listen;
  /** Descriptor of the event that is signalled. */
  readonly wakeFd: number;
}

/** Messages to a worker. */
export type ToWorker =
  | Job
  /** A buffer that was read and can be written again. */
  | { readonly kind: "buffer"; readonly buffer: ArrayBuffer }
  /** Asks for a {@linkcode Report}. */
  | { readonly kind: "report" }
  /** Asks for a last report and an end. */
  | { readonly kind: "stop" };

/** What a worker has counted since it began. */
export interface Report {
  /** Frames that came to each verdict, by number. */
  readonly verdicts: Float64Array;
  /** Frames that found the ring full. */
  readonly ringDrops: number;
  /** Frames that the kernel did not take from us. */
  readonly sendRefusals: number;
  /** Records that were dropped for want of a buffer. */
  readonly recordsDropped: number;
  /** TCP flows that are remembered now. */
  readonly flows: number;
  /** Flows that were forgotten early to make room. */
  readonly flowsEvicted: number;
  /** Flows that were forgotten because others needed their buffers. */
  readonly flowsReclaimed: number;
}

/** Messages from a worker. */
export type FromWorker =
  /** It receives frames now. */
  | { readonly kind: "ready" }
  /** It cannot begin. */
  | { readonly kind: "failed"; readonly reason: string }
  /** Something happened to the interface. */
  | { readonly kind: "trouble"; readonly reason: string }
  /** Records to be read; the buffer is to be given back. */
  | {
    readonly kind: "records";
    readonly buffer: ArrayBuffer;
    readonly length: number;
  }
  | { readonly kind: "report"; readonly report: Report }
  | { readonly kind: "stopped"; readonly report: Report };
