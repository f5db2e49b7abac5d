/**
 * Where the packets of a capture go.
 *
 * @module
 */

import {
  captureHeader,
  type CaptureInterface,
  captureTrailer,
} from "../pcapng.ts";
import { CaptureComments } from "./capture_comments.ts";
import { CaptureFile, type CaptureLimits } from "./capture_file.ts";
import { BLOCKS } from "./framing.ts";
import type { Output, Target } from "./output.ts";
import type { Outputs } from "./outputs.ts";

const ROTATE_AGAIN_MS = 10_000; // after an attempt that failed

/** What was counted since it was told last. */
export interface CaptureCounts {
  /** Packets that were to be captured. */
  readonly seen: number;
  /** How many of them were not, for want of a buffer. */
  readonly dropped: number;
  /** Packets that the kernel had no room for. */
  readonly ringDrops: number;
}

/** How a capture is made. */
export interface CaptureOptions {
  /** Interfaces that packets refer to, by their place here. */
  readonly interfaces: readonly CaptureInterface[];
  /** How much of it is kept. */
  readonly limits: CaptureLimits;
  /** Where it is, if it is a file. */
  readonly path: string;
  /** Name and version of what writes it. */
  readonly program: string;
  /** What is opened there, to append to. */
  readonly target: Target;
}

/** Writes the blocks that packet workers make to a file. */
export class CaptureSink {
  readonly #interfaces: readonly CaptureInterface[];
  readonly #comments = new CaptureComments();
  readonly #file: CaptureFile;
  readonly #output: Output;
  readonly #received: Float64Array;
  readonly #dropped: Float64Array;
  #since = Date.now();
  #triedAt = 0;

  /**
   * Opens a capture.
   *
   * @param options Where it goes, and what it is of.
   * @param outputs Who takes care of it.
   * @throws {OperatorError} If it cannot be opened.
   */
  constructor(options: CaptureOptions, outputs: Outputs) {
    const { interfaces, limits, path, program, target } = options;
    this.#interfaces = interfaces;
    this.#received = new Float64Array(interfaces.length);
    this.#dropped = new Float64Array(interfaces.length);
    this.#file = new CaptureFile(path, limits, {
      header: () => captureHeader(program, interfaces),
      trailer: () => this.#trailer(),
    }, target);
    this.#output = outputs.openTarget(this.#file, BLOCKS);
  }

  /**
   * Takes blocks.
   *
   * @param iface Number of the interface that they are of.
   * @param blocks Whole blocks, from the start of their buffer; not kept.
   * @param counts What was counted on the way.
   */
  take(
    iface: number,
    blocks: Uint8Array<ArrayBuffer>,
    counts: CaptureCounts,
  ): void {
    const now = Date.now();
    if (this.#file.isFull && now - this.#triedAt >= ROTATE_AGAIN_MS) {
      this.#triedAt = this.#output.reopen() ? 0 : now;
    }
    const { lost } = this.#output;
    this.#comments.fill(blocks);
    this.#output.write(blocks);
    this.#received[iface]! += counts.seen + counts.ringDrops;
    this.#dropped[iface]! += counts.dropped + counts.ringDrops +
      this.#output.lost - lost;
  }

  /** Statistics of the file that ends; those of the next one begin. */
  #trailer(): Uint8Array {
    const [start, end] = [this.#since, Date.now()];
    const trailer = captureTrailer(this.#interfaces.map((_, i) => ({
      start,
      end,
      received: this.#received[i]!,
      dropped: this.#dropped[i]!,
    })));
    this.#received.fill(0);
    this.#dropped.fill(0);
    this.#since = end;
    return trailer;
  }
}
