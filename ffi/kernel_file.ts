/**
 * Files through which the kernel tells and is told, proc(5).
 *
 * Deno grants `/proc` only together with everything else; the program asks for
 * less than that.
 *
 * @module
 */

import { check } from "./errno.ts";
import { errno, libc } from "./libc.ts";

const O_RDONLY = 0;
const O_WRONLY = 1;
const O_CLOEXEC = 0o2000000;
const ENOENT = 2;
const CHUNK = 65_536; // octets

/**
 * Reads a file of the kernel's.
 *
 * @param path Its path.
 * @returns What it says, or `undefined` if there is none of that name.
 * @throws {SystemError} If the kernel will not say.
 */
export function readKernelFile(path: string): string | undefined {
  const fd = openFile(path, O_RDONLY);
  if (fd === undefined) return undefined;
  const text = new TextDecoder();
  const chunk = new Uint8Array(CHUNK);
  let said = "";
  try {
    for (;;) {
      const got = Number(libc.read(fd, chunk, BigInt(CHUNK)));
      if (check(got, `read "${path}"`) === 0) return said + text.decode();
      said += text.decode(chunk.subarray(0, got), { stream: true });
    }
  } finally {
    libc.close(fd);
  }
}

/**
 * Writes a file of the kernel's, in one write as it expects.
 *
 * @param path Its path.
 * @param value What to tell it.
 * @throws {SystemError} If there is none of that name, or the kernel refuses.
 */
export function writeKernelFile(path: string, value: string): void {
  const octets = new TextEncoder().encode(value);
  const fd = openFile(path, O_WRONLY) ?? check(-1, `write "${path}"`);
  try {
    const length = BigInt(octets.length);
    check(Number(libc.write(fd, octets, length)), `write "${path}"`);
  } finally {
    libc.close(fd);
  }
}

/** Opens a file, unless there is none of that name. */
function openFile(path: string, flags: number): number | undefined {
  const name = new TextEncoder().encode(`${path}\0`);
  const fd = libc.open(name, flags | O_CLOEXEC, 0);
  if (fd < 0 && errno() === ENOENT) return undefined;
  return check(fd, `open "${path}"`);
}
