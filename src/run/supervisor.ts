/**
 * Keeps one packet worker running: when it dies, another takes its port over.
 *
 * @module
 */

import type { PolicyTables } from "../address/policy.ts";
import type { Report } from "./messages.ts";
import { NOTHING, sumOf } from "./report.ts";
import { type Listener, type Task, WorkerThread } from "./worker_thread.ts";

// A worker that dies again and again is given longer and longer pauses; one
// that has lived for as long as the longest of them begins anew.
const PAUSE_MIN_MS = 100;
const PAUSE_MAX_MS = 60_000;

/** Lives of a packet worker, one after the other. */
export class Supervisor {
  readonly #module: URL;
  readonly #name: string;
  readonly #listener: Listener;
  #task: Task;
  #thread: WorkerThread;
  #startedAt = 0;
  #pause = PAUSE_MIN_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopping = false;
  #former: Report = NOTHING; // what those who died had counted

  /**
   * Starts a worker.
   *
   * @param module Its program.
   * @param name What to call it.
   * @param task What it is to do.
   * @param listener Who hears what it has to say.
   */
  constructor(module: URL, name: string, task: Task, listener: Listener) {
    this.#module = module;
    this.#name = name;
    this.#task = task;
    this.#listener = listener;
    this.#thread = this.#begin();
  }

  /**
   * Settled when the worker that runs now receives frames.
   *
   * @throws {Error} If it dies before.
   */
  get ready(): Promise<void> {
    return this.#thread.ready;
  }

  /** Whether the worker was told to stop and did not. */
  get isLate(): boolean {
    return this.#thread.isLate;
  }

  /** Tells the worker, and those after it, that its addresses are others. */
  setPolicy(policy: PolicyTables): void {
    this.#task = { ...this.#task, policy };
    this.#thread.setPolicy(policy);
  }

  /** Says what was counted, as far as those who died had told. */
  report(): Promise<Report> {
    return this.#tally(this.#thread.report());
  }

  /** Ends the worker for good, and says what was counted. */
  async stop(): Promise<Report> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    return await this.#tally(this.#thread.stop());
  }

  /** Adds the report of a worker, if it is alive to give one. */
  async #tally(report: Promise<Report>): Promise<Report> {
    const counted = await report.catch(() => NOTHING);
    return sumOf([this.#former, counted]);
  }

  #begin(): WorkerThread {
    this.#startedAt = performance.now();
    const thread = new WorkerThread(this.#module, this.#task, this.#listener);
    thread.ended.catch((error: Error) => this.#recover(thread, error));
    return thread;
  }

  #recover({ lastReport }: WorkerThread, error: Error): void {
    // What it had is gone with it; what it had counted is not.
    const death = { ...lastReport, workerDeaths: 1, heapUsed: 0, flows: 0 };
    this.#former = sumOf([this.#former, death]);
    if (this.#isStopping) {
      this.#listener.trouble(`${this.#name} died at the end: ${error.message}`);
      return;
    }
    if (performance.now() - this.#startedAt >= PAUSE_MAX_MS) {
      this.#pause = PAUSE_MIN_MS;
    }
    this.#listener.trouble(
      `${this.#name} died, another takes over in ${this.#pause / 1000} s: ` +
        error.message,
    );
    this.#timer = setTimeout(() => {
      this.#thread = this.#begin();
    }, this.#pause);
    this.#pause = Math.min(2 * this.#pause, PAUSE_MAX_MS);
  }
}
