/**
 * The capture on disk: one file that grows, and the ones before it, no more and
 * no larger than the operator allows.
 *
 * ```text
 *  scan.pcapng                           written now; always whole blocks
 *  scan-20260101T120000.007Z.pcapng      ended, named by when it was begun
 * ```
 *
 * @module
 */

import type { Stream, Target } from "./output.ts";
import { writeWhole } from "./write_whole.ts";

/** How much of a capture is kept. */
export interface CaptureLimits {
  /** Octets of one file, about. */
  readonly fileLen: number;
  /** Longest that one file is written to, in milliseconds. */
  readonly fileTime: number;
  /** Number of files, the one that is written included. */
  readonly files: number;
}

/** What a file begins and ends with. */
export interface CaptureFrame {
  /** Makes its header. */
  header(): Uint8Array;
  /** Makes its trailer. */
  trailer(): Uint8Array;
}

/** A capture that can be written to. Opening it puts the old one aside. */
export class CaptureFile implements Target {
  readonly #limits: CaptureLimits;
  readonly #frame: CaptureFrame;
  readonly #target: Target;
  #begun = 0;
  #length = 0;
  #isFile = false;

  /** What the operator calls it. */
  readonly name: string;
  /** Where it is. */
  readonly path: string;

  /**
   * Makes a capture that is yet to be opened.
   *
   * @param path Its path.
   * @param limits How much of it is kept.
   * @param frame What a file begins and ends with.
   * @param target What is opened at its path, to append to.
   */
  constructor(
    path: string,
    limits: CaptureLimits,
    frame: CaptureFrame,
    target: Target,
  ) {
    this.path = path;
    this.#limits = limits;
    this.#frame = frame;
    this.#target = target;
    this.name = target.name;
  }

  /** Whether it is time for another file. */
  get isFull(): boolean {
    const { fileLen, fileTime } = this.#limits;
    return this.#isFile &&
      (this.#length >= fileLen || Date.now() - this.#begun >= fileTime);
  }

  /** Makes a pipe that nobody reads yet somebody else's. */
  giveTo(uid: number, gid: number): void {
    this.#target.giveTo?.(uid, gid);
  }

  /** Puts the old file aside, opens a new one, and writes its header. */
  open(): Stream {
    this.#putAside();
    const stream = this.#target.open();
    try {
      writeWhole(stream, this.#frame.header());
    } catch (error) {
      stream.close?.();
      throw error;
    }
    this.#begun = Date.now();
    this.#length = 0;
    this.#isFile = stream.isFile === true;
    return this.#framed(stream);
  }

  /** A stream that is measured, and ends with a trailer. */
  #framed(stream: Stream): Stream {
    return {
      isFile: stream.isFile === true,
      get isGone(): boolean {
        return stream.isGone === true;
      },
      writeSync: (octets) => {
        const length = stream.writeSync(octets);
        this.#length += length;
        return length;
      },
      takeBack: (length) => {
        const isBack = stream.takeBack?.(length) === true;
        if (isBack) this.#length -= length;
        return isBack;
      },
      giveTo: (uid, gid) => stream.giveTo?.(uid, gid),
      close: () => {
        try {
          writeWhole(stream, this.#frame.trailer());
        } catch {
          // A full disk, or nobody reads: a capture without it is whole too.
        }
        stream.close?.();
      },
    };
  }

  /** Renames what is at the path, and removes what is one too many. */
  #putAside(): void {
    const info = statOf(this.path);
    if (info === undefined || !info.isFile || info.size === 0) return;
    let time = (info.birthtime ?? info.mtime ?? new Date()).getTime();
    while (statOf(this.#nameAt(time)) !== undefined) time++;
    Deno.renameSync(this.path, this.#nameAt(time));
    const aside = this.#aside();
    const kept = this.#limits.files - 1;
    for (const name of aside.slice(0, Math.max(aside.length - kept, 0))) {
      Deno.removeSync(name);
    }
  }

  /** Paths of the files put aside, oldest first. */
  #aside(): string[] {
    const [stem, extension] = this.#parts();
    const slash = stem.lastIndexOf("/") + 1;
    const folder = stem.slice(0, slash);
    const base = stem.slice(slash);
    return [...Deno.readDirSync(folder || ".")]
      .map(({ name }) => name)
      .filter((name) =>
        name.startsWith(base) && name.endsWith(extension) &&
        /^-\d{8}T\d{6}\.\d{3}Z$/.test(
          name.slice(base.length, name.length - extension.length),
        )
      )
      .sort()
      .map((name) => folder + name);
  }

  #nameAt(time: number): string {
    const [stem, extension] = this.#parts();
    const stamp = new Date(time).toISOString().replaceAll(/[-:]/g, "");
    return `${stem}-${stamp}${extension}`;
  }

  /** The path up to its extension, and that. */
  #parts(): [stem: string, extension: string] {
    const [extension] = this.path.match(/(?<=[^/])\.[^./]*$/) ?? [""];
    return [
      this.path.slice(0, this.path.length - extension.length),
      extension,
    ];
  }
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}
