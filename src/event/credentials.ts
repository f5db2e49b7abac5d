/**
 * Names and passwords that clients tried.
 *
 * @module
 */

import { printable } from "../printable.ts";
import type { Values } from "./conversation.ts";

/** A name and a password. */
export interface Credentials {
  /** The name. */
  readonly user: string;
  /** The password. */
  readonly password: string;
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Finds what a client tried to log in with.
 *
 * @param values What was noted of a message.
 * @returns Name and password, or `undefined` if it did not try.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7617#section-2 | RFC 7617 §2}
 */
export function credentialsOf(values: Values): Credentials | undefined {
  const header = `${values.get("masscanned.http.authorization") ?? ""}`;
  const [, encoded] = /^basic +([A-Za-z0-9+/]+=*)\s*$/i.exec(header) ?? [];
  if (encoded === undefined) return undefined;
  const text = decode(encoded);
  const colon = text?.indexOf(":") ?? -1;
  if (text === undefined || colon < 0) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decode(encoded: string): string | undefined {
  let octets: Uint8Array;
  try {
    octets = Uint8Array.fromBase64(encoded);
  } catch {
    return undefined;
  }
  try {
    return DECODER.decode(octets);
  } catch {
    return printable(octets);
  }
}
