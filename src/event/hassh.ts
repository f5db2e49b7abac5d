/**
 * HASSH: what an SSH client offers, as one number that is the same for all
 * clients of a kind.
 *
 * @see {@link https://github.com/salesforce/hassh | HASSH}
 * @module
 */

import { createHash } from "node:crypto";
import type { Values } from "./conversation.ts";

/** What goes in, in this order. */
const LISTS = [
  "ssh.client.kex_algorithms",
  "ssh.client.encryption_algorithms",
  "ssh.client.mac_algorithms",
  "ssh.client.compression_algorithms",
];

/**
 * Writes what the HASSH of a client is computed from.
 *
 * @param values What was noted of its conversation.
 * @returns The lists, or `undefined` if it offered nothing.
 */
export function hasshTextOf(values: Values): string | undefined {
  const lists = LISTS.map((name) => values.get(name));
  return lists.includes(undefined) ? undefined : lists.join(";");
}

/**
 * Computes the HASSH of a client.
 *
 * @param values What was noted of its conversation.
 * @returns 32 hexadecimal digits, or `undefined` if it offered nothing.
 */
export function hasshOf(values: Values): string | undefined {
  const text = hasshTextOf(values);
  if (text === undefined) return undefined;
  return createHash("md5").update(text).digest("hex");
}
