/**
 * All outputs of the program.
 *
 * @module
 */

import { OperatorError } from "../operator_error.ts";
import type { Framing } from "./framing.ts";
import { Output, reasonOf, type Say, type Target } from "./output.ts";

const RETRY_MS = 100;
const RETRY_SOON_MS = 2; // while a reader takes what waits
const PARTING_MS = 500; // longest that readers are waited for at the end
const NAP_MS = 2;

/** Outputs by what the operator calls them, tried again as long as it takes. */
export class Outputs implements Disposable {
  readonly #find: (path: string) => Target;
  readonly #say: Say;
  readonly #outputs = new Map<string, Output>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Begins without outputs.
   *
   * @param find Finds what a path means; `-` is standard output.
   * @param say Tells the operator of trouble.
   */
  constructor(find: (path: string) => Target, say: Say) {
    this.#find = find;
    this.#say = say;
  }

  /**
   * Opens an output. Two sinks that ask for the same path share it.
   *
   * @param path What the operator asked for.
   * @param framing What must stay whole.
   * @returns The output.
   * @throws {OperatorError} If it cannot be opened.
   */
  open(path: string, framing: Framing): Output {
    const target = this.#find(path);
    return this.#outputs.get(target.name) ?? this.openTarget(target, framing);
  }

  /**
   * Finds what a path means.
   *
   * @param path What the operator asked for.
   * @returns What can be opened there.
   */
  targetOf(path: string): Target {
    return this.#find(path);
  }

  /**
   * Opens an output that is no path on the command line.
   *
   * @param target Where it goes.
   * @param framing What must stay whole.
   * @returns The output.
   * @throws {OperatorError} If it cannot be opened, or is in use.
   */
  openTarget(target: Target, framing: Framing): Output {
    if (this.#outputs.has(target.name)) {
      throw new OperatorError(
        `Cannot write ${target.name} twice. Give each output another file; ` +
          "--format always has standard output",
      );
    }
    try {
      return this.add(new Output(target, framing, this.#say));
    } catch (cause) {
      const reason = reasonOf(cause as Error);
      const message = `Cannot write ${target.name}: ${reason}`;
      throw new OperatorError(message, { cause });
    }
  }

  /**
   * Takes care of an output.
   *
   * @param output The output.
   * @returns It.
   */
  add(output: Output): Output {
    this.#outputs.set(output.name, output);
    this.#timer ??= this.#retryAfter(RETRY_MS);
    return output;
  }

  /** Every output. */
  get all(): readonly Output[] {
    return [...this.#outputs.values()];
  }

  /** Opens all files anew, because they may have been moved away. */
  reopen(): void {
    for (const output of this.all) output.reopen();
  }

  /** Waits shortly for slow readers; what they do not take then is lost. */
  settle(): void {
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const until = Date.now() + PARTING_MS;
    while (this.all.some((output) => output.isWaiting)) {
      for (const output of this.all) output.retry();
      if (Date.now() > until) break;
      Atomics.wait(cell, 0, 0, NAP_MS);
    }
    for (const output of this.all) output.giveUp();
  }

  /** Waits shortly for slow readers, then closes all. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.settle();
    for (const output of this.all) output.close();
  }

  #retryAfter(delay: number): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      const isMoving = this.all
        .map((output) => output.retry())
        .some((moves) => moves);
      this.#timer = this.#retryAfter(isMoving ? RETRY_SOON_MS : RETRY_MS);
    }, delay);
    Deno.unrefTimer(timer);
    return timer;
  }
}
