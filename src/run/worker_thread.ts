/**
 * One life of a packet worker, as the control thread sees it.
 *
 * @module
 */

import { Wakeup } from "../../ffi/wakeup.ts";
import type { PolicyTables } from "../address/policy.ts";
import type { CaptureCounts } from "../sink/capture_sink.ts";
import type { FromWorker, Job, Report, ToWorker } from "./messages.ts";
import { NOTHING } from "./report.ts";

const STOP_MS = 2000; // longest that a worker may take to stop
const BEAT_MS = 10_000; // between two times that it is asked for a report
const BEATS_MISSED = 3; // in a row, after which it is said to hang

/** What a worker is to do; the rest is added when its thread is made. */
export type Task = Omit<Job, "kind" | "wakeFd">;

/** Who hears what a worker has to say. */
export interface Listener {
  /** Takes records; the buffer goes back to the worker. */
  records(buffer: ArrayBuffer, length: number): void;
  /** Takes blocks of a capture, and what was counted with them. */
  captured(blocks: Uint8Array<ArrayBuffer>, counts: CaptureCounts): void;
  /** Hears of something that the operator should know. */
  trouble(reason: string): void;
  /** Hears that something happened to the interface. */
  link(): void;
  /** Hears that the worker hangs. Deno cannot end what does nothing else. */
  hangs(): void;
}

/** A thread that a packet worker runs in. */
export class WorkerThread {
  readonly #wakeup = new Wakeup();
  readonly #worker: Worker;
  readonly #listener: Listener;
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<Report>();
  #asked: PromiseWithResolvers<Report> | undefined;

  #hasEnded = false;
  readonly #pulse = setInterval(() => this.#feelPulse(), BEAT_MS);
  #missed = 0;

  /** What it had counted when it was asked last. */
  lastReport: Report = NOTHING;
  /** Whether it was told to stop and did not: it may run still. */
  isLate = false;

  /** Settled when it receives frames; rejected if it dies before. */
  readonly ready: Promise<void> = this.#ready.promise;
  /** Settled when it has stopped; rejected when it dies. */
  readonly ended: Promise<Report> = this.#ended.promise;

  /**
   * Starts a worker.
   *
   * @param module Its program.
   * @param task What it is to do.
   * @param listener Who hears what it has to say.
   */
  constructor(module: URL, task: Task, listener: Listener) {
    this.#listener = listener;
    this.#worker = new Worker(module, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>): void =>
      this.#hear(data);
    this.#worker.onerror = (event): void => {
      event.preventDefault();
      this.#end(new Error(event.message));
    };
    // Nobody may be waiting for one of them.
    for (const promise of [this.ready, this.ended]) promise.catch(() => {});
    this.#worker.postMessage(
      { ...task, kind: "job", wakeFd: this.#wakeup.fd } satisfies Job,
    );
  }

  /** Tells it that its addresses are others from now on. */
  setPolicy(policy: PolicyTables): void {
    this.#tell({ kind: "policy", policy });
  }

  /**
   * Asks what it has counted.
   *
   * @throws {Error} If it dies meanwhile, or is dead.
   */
  report(): Promise<Report> {
    if (this.#hasEnded) return this.ended;
    if (this.#asked === undefined) {
      this.#asked = Promise.withResolvers();
      this.#asked.promise.catch(() => {});
      this.#tell({ kind: "report" });
    }
    return this.#asked.promise;
  }

  /**
   * Ends it.
   *
   * @returns Its last report.
   * @throws {Error} If it dies meanwhile, or does not stop.
   */
  async stop(): Promise<Report> {
    this.#tell({ kind: "stop" });
    const timer = setTimeout(() => {
      this.isLate = true;
      this.#end(new Error("it does not stop"));
    }, STOP_MS);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case "ready":
        this.#ready.resolve();
        break;
      case "trouble":
        this.#listener.trouble(message.reason);
        break;
      case "link":
        this.#listener.link();
        break;
      case "records":
        this.#listener.records(message.buffer, message.length);
        this.#tell({ kind: "buffer", buffer: message.buffer }, [
          message.buffer,
        ]);
        break;
      case "captured": {
        const { buffer, counts, length } = message;
        this.#listener.captured(new Uint8Array(buffer, 0, length), counts);
        this.#tell({ kind: "captureBuffer", buffer }, [buffer]);
        break;
      }
      case "report":
        this.#missed = 0;
        this.lastReport = message.report;
        this.#asked?.resolve(message.report);
        this.#asked = undefined;
        break;
      case "stopped":
        this.#end(message.report);
        break;
      case "died":
        this.#end(new Error(message.reason));
    }
  }

  /**
   * Asks for a report now and then: so that it is known who hangs, and what
   * those had counted who die. Beats are counted, not time, for it may be this
   * thread that was held up.
   */
  #feelPulse(): void {
    if (this.#asked === undefined) {
      this.report().catch(() => {});
    } else if (++this.#missed === BEATS_MISSED) {
      this.#listener.hangs();
    }
  }

  /** It has ended, well or not. */
  #end(outcome: Report | Error): void {
    this.#hasEnded = true;
    clearInterval(this.#pulse);
    this.#worker.terminate();
    this.#wakeup[Symbol.dispose]();
    if (outcome instanceof Error) {
      this.#ready.reject(outcome);
      this.#ended.reject(outcome);
      this.#asked?.reject(outcome);
    } else {
      this.#ended.resolve(outcome);
      this.#asked?.resolve(outcome);
    }
  }

  /** Sends a message, and the signal that goes with it, if it can hear. */
  #tell(message: ToWorker, transfer: Transferable[] = []): void {
    if (this.#hasEnded) return;
    this.#worker.postMessage(message, transfer);
    this.#wakeup.signal();
  }
}
