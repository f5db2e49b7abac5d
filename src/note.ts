/**
 * How notes read: what protocols noted, outside of the packet path.
 *
 * @module
 */

import { printable } from "./printable.ts";
import type { Field } from "./protocol.ts";

/** Reads octets as a number, most significant one first. */
export function number(octets: Uint8Array): number {
  return octets.reduce((number, octet) => number * 256 + octet, 0);
}

/** Reads decimal digits. */
export function digits(octets: Uint8Array): number {
  return octets.reduce((number, octet) => number * 10 + octet - 0x30, 0);
}

/** Reads octets as hexadecimal digits. */
export function hex(octets: Uint8Array): string {
  return octets.toHex();
}

/**
 * Names a field.
 *
 * @param field The field.
 * @returns Its name.
 */
export function nameOf(field: Field): string {
  return typeof field === "string" ? field : field.name;
}

/**
 * Reads a note for a person.
 *
 * @param field What was noted.
 * @param octets Its octets, of any origin.
 * @returns Text that is safe to show on a terminal.
 */
export function lineOf(field: Field, octets: Uint8Array): string {
  if (typeof field === "string") return printable(octets);
  return String(field.read(octets));
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads a note for a program.
 *
 * @param field What was noted.
 * @param octets Its octets, of any origin.
 * @returns A number, or text with whatever characters the sender chose; where
 * it is not UTF-8, escaped as for a person.
 */
export function valueOf(field: Field, octets: Uint8Array): string | number {
  if (typeof field !== "string") return field.read(octets);
  try {
    return DECODER.decode(octets);
  } catch {
    return printable(octets);
  }
}
