/**
 * Text files that the operator names.
 *
 * @module
 */

import { fileReason, OperatorError } from "./operator_error.ts";
import { quote } from "./printable.ts";

/**
 * Reads a whole file.
 *
 * @param path Its path.
 * @returns Its text, without a byte order mark.
 * @throws {OperatorError} If it cannot be read or is not UTF-8.
 */
export function readText(path: string): string {
  let octets: Uint8Array;
  try {
    octets = Deno.readFileSync(path);
  } catch (cause) {
    const reason = fileReason(cause);
    throw new OperatorError(`Cannot read ${quote(path)}: ${reason}`, { cause });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(octets);
  } catch (cause) {
    throw new OperatorError(`Cannot read ${quote(path)}: not UTF-8`, { cause });
  }
}
