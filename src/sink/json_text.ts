/**
 * JSON that can be shown on any terminal.
 *
 * @module
 */

/** What `JSON.stringify` leaves as it is though it is not printable ASCII. */
const UNSAFE = /[\x7f-\uffff]/g;

/**
 * Writes a value as JSON in printable ASCII on one line, whatever strings it
 * holds: RFC 8259 §7.
 *
 * @param value The value. What is `undefined` in it is left out.
 * @returns The text, without a line end.
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    UNSAFE,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
