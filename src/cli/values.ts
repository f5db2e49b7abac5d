/**
 * What some options take, from text to value.
 *
 * @module
 */

import { macAddress } from "@optique/core/valueparser";
import ipaddr from "ipaddr.js";
import type { Endpoint } from "./command.ts";

const IFACE_MAX_LEN = 15; // octets: IFNAMSIZ without the final NUL

/**
 * Reads the name of an interface.
 *
 * @param input What was given.
 * @returns The name, or `undefined` if no interface can be called that.
 */
export function readIface(input: string): string | undefined {
  const { length } = new TextEncoder().encode(input);
  return length >= 1 && length <= IFACE_MAX_LEN ? input : undefined;
}

/**
 * Reads the MAC address of a station: six groups of one or two digits.
 *
 * @param input What was given.
 * @returns Its 6 octets, or `undefined` if it is none, a group's or all zeros.
 */
export function readMac(input: string): Uint8Array | undefined {
  const result = macAddress({ separator: ":" }).parse(input);
  if (!result.success) return undefined;
  const octets = Uint8Array.fromHex(result.value.replaceAll(":", ""));
  const isGroup = (octets[0]! & 1) !== 0;
  return isGroup || octets.every((octet) => octet === 0) ? undefined : octets;
}

/**
 * Reads how many times as long as a question its answer may be.
 *
 * @param input What was given.
 * @returns The factor, infinity for `off`, or `undefined` if it is neither, or
 * less than 1.
 */
export function readLimit(input: string): number | undefined {
  if (input === "off") return Infinity;
  const limit = /^\d+(\.\d+)?$/.test(input) ? Number(input) : 0;
  return limit >= 1 ? limit : undefined;
}

/**
 * Reads a key of SipHash: 32 hexadecimal digits.
 *
 * @param input What was given.
 * @returns Its 16 octets, or `undefined` if it is none.
 */
export function readKey(input: string): Uint8Array | undefined {
  return /^[0-9a-f]{32}$/i.test(input) ? Uint8Array.fromHex(input) : undefined;
}

/**
 * Reads a list of names.
 *
 * @param input Names, separated by commas, in capitals or not.
 * @param known All names that there are, in lower case.
 * @returns The names, in lower case, or `undefined` if one is not known.
 */
export function readNames(
  input: string,
  known: readonly string[],
): readonly string[] | undefined {
  const names = input.toLowerCase().split(",").map((name) => name.trim());
  return names.every((name) => known.includes(name)) ? names : undefined;
}

/**
 * Reads where to listen: an IP address, of version 6 in brackets, and a port.
 *
 * @param input What was given.
 * @returns Address and port, or `undefined` if it is none.
 */
export function readEndpoint(input: string): Endpoint | undefined {
  const [, bare, bracketed, digits] =
    /^(?:([\d.]+)|\[([\da-f:.]+)\]):(\d{1,5})$/i.exec(input) ?? [];
  const port = Number(digits);
  if (!(port >= 1 && port <= 65_535)) return undefined;
  const hostname = bare ?? bracketed!;
  const isAddress = bare === undefined
    ? ipaddr.IPv6.isValid(hostname)
    : ipaddr.IPv4.isValidFourPartDecimal(hostname);
  return isAddress ? { hostname, port } : undefined;
}

const SIZES: Readonly<Record<string, number>> = {
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/**
 * Reads a size: a number and one of the letters K, M, G and T.
 *
 * @param input What was given.
 * @returns Octets, at least 1024; or `undefined` if it is none.
 */
export function readSize(input: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,5})([KMGT])$/i.exec(input) ?? [];
  if (count === undefined) return undefined;
  return Number(count) * SIZES[unit!.toUpperCase()]!;
}

const TIMES: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Reads a length of time: a number and one of the letters s, m, h and d.
 *
 * @param input What was given.
 * @returns Milliseconds, at least 1000; or `undefined` if it is none.
 */
export function readTime(input: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(input) ?? [];
  return count === undefined ? undefined : Number(count) * TIMES[unit!]!;
}

/**
 * Reads addresses, separated by commas.
 *
 * @param input What was given.
 * @returns The addresses as ipaddr.js writes them, or `undefined` if it is
 * something else.
 */
export function readAddresses(input: string): string[] | undefined {
  const words = input.split(",").map((word) => word.trim());
  const areAddresses = words.every((word) =>
    ipaddr.IPv4.isValidFourPartDecimal(word) ||
    ipaddr.IPv6.isValid(word) && !word.includes("%")
  );
  return areAddresses
    ? words.map((word) => ipaddr.parse(word).toString())
    : undefined;
}
