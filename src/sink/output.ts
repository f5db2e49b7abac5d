/**
 * Where a sink writes: a file, a pipe, a terminal, that may be full, slow,
 * closed or gone, and may come back.
 *
 * @module
 */

import type { Framing } from "./framing.ts";

/** Something open that octets can be written to. */
export interface Stream {
  /**
   * Writes some octets without waiting for a reader.
   *
   * @param octets What to write.
   * @returns How many were written, from the first on.
   * @throws {Deno.errors.WouldBlock} If there is no room just now.
   * @throws {Deno.errors.BrokenPipe} If the reader is gone for good.
   * @throws {Error} If it failed; the message says why, in a few words.
   */
  writeSync(octets: Uint8Array): number;
  /**
   * Removes what was written last.
   *
   * @param length How many octets.
   * @returns Whether it is gone; a pipe cannot.
   */
  takeBack?(length: number): boolean;
  /** Makes the file somebody else's. */
  giveTo?(uid: number, gid: number): void;
  /** Whether it was deleted, so that nobody will ever read it. */
  readonly isGone?: boolean;
  /** Whether it is a file on a disk, which can be moved away. */
  readonly isFile?: boolean;
  /** Closes it. */
  close?(): void;
}

/** What can be opened, and opened again. */
export interface Target {
  /** What the operator calls it. */
  readonly name: string;
  /** Where it is, unless it was open from the start. */
  readonly path?: string;
  /**
   * Opens it, to append to it.
   *
   * @throws {Deno.errors.WouldBlock} If nobody reads it yet.
   * @throws {Error} If it failed; the message says why, in a few words.
   */
  open(): Stream;
  /** Makes it somebody else's before it could be opened. */
  giveTo?(uid: number, gid: number): void;
}

/** Tells the operator something, in one line. */
export type Say = (text: string) => void;

const QUEUE_MAX = 1 << 20; // octets that may wait for room
const CALM_MS = 10_000; // shortest time between two changes that are told

/**
 * Writes whole units, and never throws or waits.
 *
 * What finds no room waits, up to a bound; what finds no room there either is
 * lost, counted and told of: once when it begins and once when it is over. A
 * unit of which a part was written is taken back or finished, so that no
 * reader ever sees half of one. Who makes it calls {@linkcode Output.retry} now
 * and then; `Outputs` does.
 */
export class Output {
  readonly #target: Target;
  readonly #framing: Framing;
  readonly #say: Say;
  readonly #queue: Uint8Array[] = [];
  readonly #encoder = new TextEncoder();
  #stream: Stream | undefined;
  #queuedLen = 0;
  #at = 0; // octets of the first in the queue that were written
  #trouble: { readonly since: number; readonly lost: number } | undefined;

  /** Units that were lost. */
  lost = 0;
  /** Octets that were written. */
  written = 0;
  /** How often the system refused for another reason than a slow reader. */
  errors = 0;

  /**
   * Opens an output.
   *
   * @param target Where it goes.
   * @param framing What must stay whole.
   * @param say Tells the operator of trouble.
   * @throws {Error} If it cannot be opened; the message says why.
   */
  constructor(target: Target, framing: Framing, say: Say = () => {}) {
    this.#target = target;
    this.#framing = framing;
    this.#say = say;
    try {
      this.#stream = target.open();
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
    }
  }

  /** What the operator calls it. */
  get name(): string {
    return this.#target.name;
  }

  /** Where it is, if it is a file. */
  get path(): string | undefined {
    return this.#stream?.isFile ? this.#target.path : undefined;
  }

  /** What it is made of: "lines". */
  get units(): string {
    return this.#framing.units;
  }

  /** Whether something waits for room. */
  get isWaiting(): boolean {
    return this.#queue.length > 0;
  }

  /**
   * Writes text.
   *
   * @param text Whole units.
   */
  writeText(text: string): void {
    this.write(this.#encoder.encode(text));
  }

  /**
   * Writes octets, in one piece if the system lets us.
   *
   * @param octets Whole units; not kept.
   */
  write(octets: Uint8Array): void {
    this.#drain();
    const isFull = this.isWaiting &&
      this.#queuedLen + octets.length > QUEUE_MAX;
    if (isFull) {
      this.#complain("it takes less than there is to write");
      this.lost += this.#framing.countIn(octets);
      return;
    }
    this.#queue.push(octets);
    this.#queuedLen += octets.length;
    if (this.#queue.length === 1) this.#drain();
    if (this.isWaiting) this.#queue.push(this.#queue.pop()!.slice());
    this.#calmDown();
  }

  /**
   * Tries again what waits.
   *
   * @returns Whether some of it was written and some still waits.
   */
  retry(): boolean {
    const { written } = this;
    this.#drain();
    this.#calmDown();
    return this.isWaiting && this.written !== written;
  }

  /**
   * Opens the file anew, because it may have been moved away. If that fails,
   * the old one stays in use.
   *
   * @returns Whether a file is in use that was opened now.
   */
  reopen(): boolean {
    this.#drain();
    if (!this.#stream?.isFile) return false; // pipes are not moved
    try {
      const stream = this.#target.open();
      this.#stream.takeBack?.(this.#cutLen);
      this.#rewind();
      this.#closeStream();
      this.#stream = stream;
      return true;
    } catch (error) {
      this.#complain(reasonOf(error as Error));
      return false;
    }
  }

  /**
   * Makes the file somebody else's, who will open it anew.
   *
   * @param uid Number of the user.
   * @param gid Number of the group.
   */
  giveTo(uid: number, gid: number): void {
    (this.#stream ?? this.#target).giveTo?.(uid, gid);
  }

  /** Waits no longer: what has found no room is lost. */
  giveUp(): void {
    this.#rewind();
    for (const [i, octets] of this.#queue.entries()) {
      const left = i === 0 ? octets.subarray(this.#at) : octets;
      this.lost += this.#framing.countIn(left);
    }
    this.#queue.length = this.#queuedLen = this.#at = 0;
  }

  /** Closes it; what has found no room is lost. */
  close(): void {
    this.giveUp();
    this.#closeStream();
  }

  /** Writes as much as there is room for. */
  #drain(): void {
    try {
      if (this.#stream?.isGone) this.#closeStream();
      while (this.isWaiting) {
        this.#stream ??= this.#target.open();
        const octets = this.#queue[0]!;
        const length = this.#stream.writeSync(octets.subarray(this.#at));
        this.written += length;
        this.#at += length;
        if (this.#at < octets.length) continue;
        this.#queue.shift();
        this.#queuedLen -= octets.length;
        this.#at = 0;
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) {
        this.#admit(error as Error);
      }
    }
  }

  /** Sees to it that no half unit stays, and tells what happened. */
  #admit(error: Error): void {
    this.errors++;
    if (error instanceof Deno.errors.BrokenPipe) {
      this.#closeStream();
      this.#rewind(); // whoever reads next gets the cut unit whole
    } else if (this.#stream?.takeBack?.(this.#cutLen)) {
      this.#rewind();
    } // otherwise the rest of the unit follows when there is room
    this.#complain(reasonOf(error));
  }

  /** Octets that were written of a unit that is not yet whole. */
  get #cutLen(): number {
    if (this.#at === 0) return 0;
    return this.#at - this.#framing.wholeEnd(this.#queue[0]!, this.#at);
  }

  /** Writes the cut unit from its start. */
  #rewind(): void {
    const cutLen = this.#cutLen;
    this.#at -= cutLen;
    this.written -= cutLen;
  }

  #complain(reason: string): void {
    if (this.#trouble !== undefined) return;
    this.#trouble = { since: Date.now(), lost: this.lost };
    this.#say(
      `cannot write ${this.name}: ${reason}; it is tried again, and ` +
        `${this.units} that are lost are counted`,
    );
  }

  /** Ends the trouble if it is over. */
  #calmDown(): void {
    if (this.#trouble === undefined || this.isWaiting) return;
    if (Date.now() - this.#trouble.since < CALM_MS) return;
    const lost = this.lost - this.#trouble.lost;
    this.#trouble = undefined;
    this.#say(`${this.name} is written again; ${lost} ${this.units} were lost`);
  }

  #closeStream(): void {
    this.#stream?.close?.();
    this.#stream = undefined;
  }
}

/**
 * Says why something failed.
 *
 * @param error What was thrown.
 * @returns A few words.
 */
export function reasonOf(error: Error): string {
  return error.message.split(" (os error")[0]!;
}
