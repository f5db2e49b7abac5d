/**
 * What the paths on the command line mean to outputs that must never wait.
 *
 * @module
 */

import { OutputStream } from "../../ffi/output_stream.ts";
import { quote } from "../printable.ts";
import type { Target } from "../sink/output.ts";

const STDOUT_FD = 1;
const STDERR_FD = 2;
const NEWLINE = 0x0a;

/** Standard error. */
export const STANDARD_ERROR: Target = {
  name: "standard error",
  open: () => OutputStream.of(STDERR_FD),
};

/** Standard output. */
export const STANDARD_OUTPUT: Target = {
  name: "standard output",
  open: () => OutputStream.of(STDOUT_FD),
};

/**
 * Finds what can be written to.
 *
 * @param path A file or named pipe; `-` is standard output.
 * @returns What can be opened.
 */
export function plainTargetOf(path: string): Target {
  if (path === "-") return STANDARD_OUTPUT;
  return {
    name: quote(path),
    path,
    open: () => OutputStream.open(path),
    giveTo: (uid, gid) => OutputStream.givePipe(path, uid, gid),
  };
}

/**
 * Finds what lines can be written to.
 *
 * @param path A file or named pipe; `-` is standard output.
 * @returns What can be opened.
 */
export function targetOf(path: string): Target {
  if (path === "-") return STANDARD_OUTPUT;
  const target = plainTargetOf(path);
  return {
    ...target,
    open: () => {
      const stream = target.open();
      // What a crash of the machine left of a line stays a line of its own.
      if (stream.isFile && !endsWhole(path)) {
        stream.writeSync(Uint8Array.of(NEWLINE));
      }
      return stream;
    },
  };
}

/** Whether a file is empty, or its last line is whole. */
function endsWhole(path: string): boolean {
  try {
    using file = Deno.openSync(path);
    if (file.seekSync(0, Deno.SeekMode.End) === 0) return true;
    file.seekSync(-1, Deno.SeekMode.End);
    const last = new Uint8Array(1);
    return file.readSync(last) !== 1 || last[0] === NEWLINE;
  } catch {
    return true; // not ours to read
  }
}
