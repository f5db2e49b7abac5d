/**
 * Lists of addresses as operators write them.
 *
 * An entry is an address, a prefix or a range, of IPv4 or IPv6. A file has one
 * on each line; `#` starts a comment, and what follows a TAB is left to other
 * programs. An inline list has commas for line ends. Whatever is none of this
 * is refused: to answer for fewer or more addresses than were meant is worse
 * than not to start.
 *
 * ```text
 *  192.0.2.1                  2001:db8::1
 *  192.0.2.0/24               2001:db8::/64
 *  192.0.2.1-192.0.2.9        2001:db8::1-2001:db8::9
 * ```
 *
 * @module
 */

import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { OperatorError } from "../operator_error.ts";
import { quote } from "../printable.ts";
import { readText } from "../text_file.ts";
import { isMartian4, isMartian6 } from "./policy.ts";
import { type AddressRange, AddressSet } from "./set.ts";

const EXPECTED = "an address, prefix or range such as 192.0.2.1, " +
  "192.0.2.0/24, 192.0.2.1-192.0.2.9 or 2001:db8::/64";
const NOBODYS = "is nothing that a host can have: group, loopback or mapped";

/**
 * Loads all lists that were given for one purpose.
 *
 * @param option What the options `‹option›-file` and `‹option›-list` start with.
 * @param files Paths of files, in UTF-8.
 * @param lists Inline lists.
 * @returns Their addresses, or `undefined` if there is neither file nor list.
 * @throws {OperatorError} If a file cannot be read, an entry is wrong or, of
 * ours, an address that no host can have, or if there is no entry at all.
 */
export function loadAddressSet(
  option: "--self-ip" | "--remote-ip-deny",
  files: readonly string[],
  lists: readonly string[],
): AddressSet | undefined {
  if (files.length === 0 && lists.length === 0) return undefined;
  const parse = option === "--self-ip" ? parseOwn : parseEntry;
  const ranges = [
    ...files.flatMap((path) =>
      parseEntries(readText(path).split("\n"), `${quote(path)}, line`, parse)
    ),
    ...lists.flatMap((list) =>
      parseEntries(list.split(","), `${option}-list, item`, parse)
    ),
  ];
  if (ranges.length === 0) {
    const names = lists.length === 0 ? [] : [`${option}-list`];
    throw new OperatorError(
      `Cannot find an address in ${
        [...files.map((path) => quote(path)), ...names].join(", ")
      }: expected ${EXPECTED}`,
    );
  }
  return AddressSet.of(ranges);
}

/** Parses every entry; `place` names where they are, but for the number. */
function parseEntries(
  entries: readonly string[],
  place: string,
  parse: (entry: string) => AddressRange | string,
): AddressRange[] {
  return entries.flatMap((line, i) => {
    const [column] = line.split("#", 1)[0]!.trim().split("\t", 1);
    const entry = column!.trim();
    if (entry === "") return [];
    const range = parse(entry);
    if (typeof range !== "string") return [range];
    throw new OperatorError(
      `Cannot use ${place} ${i + 1}: ${quote(entry, 60)} ${range}`,
    );
  });
}

/**
 * Parses the address of a host.
 *
 * @param text The address in its usual notation.
 * @returns Its 4 or 16 octets; a string says what is wrong with it.
 */
export function parseHost(text: string): Uint8Array | string {
  const octets = parseAddress(text);
  if (!octets) return "is not an address such as 192.0.2.1 or 2001:db8::1";
  return isNobodys({ first: octets, last: octets }) ? NOBODYS : octets;
}

/** Parses one entry of addresses that are to be ours. */
function parseOwn(entry: string): AddressRange | string {
  const range = parseEntry(entry);
  return typeof range !== "string" && isNobodys(range) ? NOBODYS : range;
}

/** Whether all of a range, or as good as all, is addresses that nobody has. */
function isNobodys({ first, last }: AddressRange): boolean {
  const [from, to] = [first, last].map(({ buffer }) => new DataView(buffer));
  if (first.length === 4) {
    const isGroup = first[0]! >= 0xe0;
    return isMartian4(from!.getInt32(0)) && isMartian4(to!.getInt32(0)) &&
      (isGroup || first[0] === last[0]);
  }
  return isMartian6(from!, 0) && isMartian6(to!, 0) && first[0] === last[0];
}

/** Parses one entry; a string says what is wrong with it. */
function parseEntry(entry: string): AddressRange | string {
  if (entry.includes("/")) return parsePrefix(entry);
  const ends = entry.split(/\s*-\s*/);
  const first = parseAddress(ends[0]!);
  const last = ends.length === 1 ? first : parseAddress(ends[1]!);
  if (!first || !last || ends.length > 2) return `is not ${EXPECTED}`;
  if (first.length !== last.length) return "mixes IPv4 and IPv6";
  if (first.toHex() > last.toHex()) return "ends before it begins";
  return { first, last };
}

/** Parses a prefix; a string says what is wrong with it. */
function parsePrefix(entry: string): AddressRange | string {
  const [address, length, ...more] = entry.split("/");
  const octets = parseAddress(address!);
  const len = /^(0|[1-9]\d{0,2})$/.test(length!) ? Number(length) : NaN;
  if (!octets || !(len <= octets.length * 8) || more.length > 0) {
    return `is not ${EXPECTED}`;
  }
  const first = octets.slice();
  const last = octets.slice();
  for (let i = len >>> 3; i < octets.length; i++) {
    const rest = 0xff >>> Math.max(0, len - 8 * i);
    first[i]! &= ~rest;
    last[i]! |= rest;
  }
  // Whoever copied it from an interface means the address, not the network.
  if (octets.some((octet, i) => octet !== first[i])) {
    const network = ipaddr.fromByteArray([...first]);
    return `is not a prefix: write ${network}/${len} or ${address}`;
  }
  return { first, last };
}

/** Parses an address in its usual notation, without a zone. */
function parseAddress(address: string): Uint8Array | undefined {
  // ipaddr.js alone would also take 010.0.0.1, 10.1 and 0xa000001.
  switch (address.includes("%") ? 0 : isIP(address)) {
    case 4:
      return Uint8Array.from(ipaddr.IPv4.parse(address).toByteArray());
    case 6: {
      // It also takes ::192.0.2.1 for ::ffff:192.0.2.1, against RFC 4291 §2.2.
      const plain = address.replace(/^::(?=\d+\.)/, "0::");
      return Uint8Array.from(ipaddr.IPv6.parse(plain).toByteArray());
    }
    default:
      return undefined;
  }
}
