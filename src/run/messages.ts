/**
 * What the control thread and a packet worker say to each other. A message to
 * the worker is followed by a signal that wakes it.
 *
 * @module
 */

import type { PortLease } from "../../ffi/packet_port.ts";
import type { AnswerOptions } from "../cli/command.ts";
import type { PolicyTables } from "../address/policy.ts";
import type { Listen } from "../record/layout.ts";
import type { CaptureCounts } from "../sink/capture_sink.ts";

/** How frames are answered, on every interface. */
export type Behaviour = Pick<
  AnswerOptions,
  "amplificationLimit" | "persona" | "ports" | "protocols"
>;

/**
 * Picks what a stack has to know from what the command line asks for.
 *
 * @param options What it asks for.
 * @returns What can be sent to a worker.
 */
export function behaviourOf(options: AnswerOptions): Behaviour {
  const { amplificationLimit, persona, ports, protocols } = options;
  return { amplificationLimit, persona, ports, protocols };
}

/** First message to a worker: what to do. */
export interface Job {
  /** Tells messages apart. */
  readonly kind: "job";
  /** Largest IP packet of the interface, in octets. */
  readonly mtu: number;
  /** Our hardware address. */
  readonly mac: Uint8Array;
  /** Which addresses are ours, and whom we talk to. */
  readonly policy: PolicyTables;
  /** How frames are answered. */
  readonly behaviour: Behaviour;
  /** Key that everything unpredictable is derived from; all workers' own. */
  readonly key: Uint8Array;
  /** When the program started, by the clock of {@linkcode Job.clockOffset}. */
  readonly startedAt: number;
  /**
   * Milliseconds to add to the monotonic clock: the sum was the time of day at
   * the start, and goes on evenly when somebody sets the time of day.
   */
  readonly clockOffset: number;
  /** How many workers there are, among which the budgets are divided. */
  readonly workers: number;
  /**
   * Whether root is about to become another user, for which every thread has
   * to be root still; that takes its capabilities away.
   */
  readonly changesUser: boolean;
  /** What to record. */
  readonly listen: Listen;
  /** Number of the interface in the capture; absent: there is none. */
  readonly capture: number | undefined;
  /** Sockets and memory to work with. */
  readonly lease: PortLease;
  /** Descriptor of the event that is signalled. */
  readonly wakeFd: number;
}

/** Messages to a worker. */
export type ToWorker =
  | Job
  /** A buffer that was read and can be written again. */
  | { readonly kind: "buffer"; readonly buffer: ArrayBuffer }
  /** The same of a buffer of packets. */
  | { readonly kind: "captureBuffer"; readonly buffer: ArrayBuffer }
  /** From now on these addresses. */
  | { readonly kind: "policy"; readonly policy: PolicyTables }
  /** Asks for a {@linkcode Report}. */
  | { readonly kind: "report" }
  /** Asks for a last report and an end. */
  | { readonly kind: "stop" };

/** What a worker has counted since it began. */
export interface Report {
  /** Frames that came to each verdict, by number. */
  readonly verdicts: Float64Array;
  /** Messages that each protocol answered, by its index. */
  readonly answers: Float64Array;
  /** Frames that found the ring full. */
  readonly ringDrops: number;
  /** Frames that the kernel did not take from us. */
  readonly sendRefusals: number;
  /** Records that were dropped for want of a buffer. */
  readonly recordsDropped: number;
  /** Clients that were greeted because they did not speak first. */
  readonly greetings: number;
  /** Clients that were greeted at once because too many waited already. */
  readonly greetingsHastened: number;
  /** Packets left out of the capture for want of a buffer. */
  readonly captureDropped: number;
  /** Octets of JavaScript's heap that are in use now, live or not yet freed. */
  readonly heapUsed: number;
  /** TCP flows that are remembered now. */
  readonly flows: number;
  /** Flows that were forgotten early to make room. */
  readonly flowsEvicted: number;
  /** Flows that were forgotten because others needed their buffers. */
  readonly flowsReclaimed: number;
  /** Workers that died; what they counted at the very last is lost. */
  readonly workerDeaths: number;
}

/** Messages from a worker. */
export type FromWorker =
  /** It receives frames now. */
  | { readonly kind: "ready" }
  /** Something happened that the operator should know. */
  | { readonly kind: "trouble"; readonly reason: string }
  /** Something happened to the interface. */
  | { readonly kind: "link" }
  /** Records to be read; the buffer is to be given back. */
  | {
    readonly kind: "records";
    readonly buffer: ArrayBuffer;
    readonly length: number;
  }
  /** Packets to be written to the capture; the buffer is to be given back. */
  | {
    readonly kind: "captured";
    readonly buffer: ArrayBuffer;
    readonly length: number;
    readonly counts: CaptureCounts;
  }
  | { readonly kind: "report"; readonly report: Report }
  /** It has stopped, as it was told to. */
  | { readonly kind: "stopped"; readonly report: Report }
  /** It has ended because of a defect. */
  | { readonly kind: "died"; readonly reason: string };
