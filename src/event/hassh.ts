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
 * Computes the HASSH of a client.
 *
 * @param values What was noted of its conversation.
 * @returns 32 hexadecimal digits, or `undefined` if it offered nothing.
 */
export function hasshOf(values: Values): string | undefined {
  const lists = LISTS.map((name) => values.get(name));
  if (lists.includes(undefined)) return undefined;
  return createHash("md5").update(lists.join(";")).digest("hex");
}
