/**
 * Octets that are known beforehand: made once, from text, and looked for in
 * what comes.
 *
 * @module
 */

/**
 * Encodes text in UTF-8, which is ASCII for all that the protocols say.
 *
 * @param text The text.
 * @returns Its octets.
 */
export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/**
 * Encodes text in UTF-16, least significant octet first.
 *
 * @param text The text.
 * @returns Its octets.
 */
export function utf16(text: string): Uint8Array {
  return Uint8Array.from(
    [...text].flatMap((character) => {
      const units = Array.from(
        { length: character.length },
        (_, i) => character.charCodeAt(i),
      );
      return units.flatMap((unit) => [unit & 0xff, unit >> 8]);
    }),
  );
}

/**
 * Puts octets one after the other.
 *
 * @param parts The octets.
 * @returns All of them.
 */
export function join(
  ...parts: readonly Uint8Array[]
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/**
 * Compares octets.
 *
 * @param bytes Memory that they are in.
 * @param at Offset of the first octet.
 * @param end Offset one past the last octet.
 * @param octets What they are compared with.
 * @returns Whether `[at, end)` begins with `octets`.
 */
export function startsWith(
  bytes: Uint8Array,
  at: number,
  end: number,
  octets: Uint8Array,
): boolean {
  if (end - at < octets.length) return false;
  for (let i = 0; i < octets.length; i++) {
    if (bytes[at + i] !== octets[i]) return false;
  }
  return true;
}
