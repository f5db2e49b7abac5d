/**
 * A log of Zeek on disk: lines between a header and a footer, each time it is
 * opened.
 *
 * @module
 */

import type { Stream, Target } from "./output.ts";
import { writeWhole } from "./write_whole.ts";

/** What a log begins and ends with. */
export interface ZeekFrame {
  /** Makes its header. */
  header(): string;
  /** Makes its footer. */
  footer(): string;
}

/** A log that can be written to. */
export class ZeekFile implements Target {
  readonly #target: Target;
  readonly #frame: ZeekFrame;
  readonly #encoder = new TextEncoder();
  #endOpen: (() => void) | undefined; // writes the footer, once

  /** What the operator calls it. */
  readonly name: string;
  /** Where it is. */
  readonly path: string;

  /**
   * Makes a log that is yet to be opened.
   *
   * @param path Its path.
   * @param target What is opened there, to append to.
   * @param frame What it begins and ends with.
   */
  constructor(path: string, target: Target, frame: ZeekFrame) {
    this.path = path;
    this.name = target.name;
    this.#target = target;
    this.#frame = frame;
  }

  /** Makes a pipe that nobody reads yet somebody else's. */
  giveTo(uid: number, gid: number): void {
    this.#target.giveTo?.(uid, gid);
  }

  /**
   * Opens it and writes its header. What was open before gets its footer first:
   * perhaps it is the same file.
   */
  open(): Stream {
    const stream = this.#target.open();
    try {
      this.#endOpen?.();
      writeWhole(stream, this.#encoder.encode(this.#frame.header()));
    } catch (error) {
      stream.close?.();
      throw error;
    }
    const end = this.#enderOf(stream);
    this.#endOpen = end;
    return {
      isFile: stream.isFile === true,
      get isGone(): boolean {
        return stream.isGone === true;
      },
      writeSync: (octets) => stream.writeSync(octets),
      takeBack: (length) => stream.takeBack?.(length) === true,
      giveTo: (uid, gid) => stream.giveTo?.(uid, gid),
      close: () => {
        end();
        stream.close?.();
      },
    };
  }

  #enderOf(stream: Stream): () => void {
    let isEnded = false;
    return () => {
      if (isEnded) return;
      isEnded = true;
      try {
        writeWhole(stream, this.#encoder.encode(this.#frame.footer()));
      } catch {
        // A full disk, or nobody reads: a log without it can be read, too.
      }
    };
  }
}
