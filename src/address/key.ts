/**
 * Addresses as keys of a map.
 *
 * @module
 */

/** An IP address: of version 4 an int32, of version 6 a character an octet. */
export type AddressKey = number | string;

/**
 * Makes a key of an address.
 *
 * @param octets Its 4 or 16 octets.
 */
export function keyOf(octets: Uint8Array): AddressKey {
  return octets.length === 4
    ? octets[0]! << 24 | octets[1]! << 16 | octets[2]! << 8 | octets[3]!
    : String.fromCharCode(...octets);
}

/**
 * Makes an address of a key.
 *
 * @param key What {@linkcode keyOf} made.
 * @returns Its 4 or 16 octets.
 */
export function octetsOf(key: AddressKey): Uint8Array {
  return typeof key === "number"
    ? Uint8Array.of(key >>> 24, key >>> 16, key >>> 8, key)
    : Uint8Array.from(key, (character) => character.charCodeAt(0));
}
