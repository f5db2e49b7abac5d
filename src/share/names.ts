/**
 * What `share` calls the things it makes on the host. By these names, and not
 * by a file of its own, it finds them again.
 *
 * @module
 */

/** The host's end of the cable; the guide of the original calls it so. */
export const HOST_END = "to_masscanned";
/** The end that masscanned answers on. */
export const OUR_END = "masscanned";
/** Table of nftables, of family inet. */
export const TABLE = "masscanned";
/** Chain of iptables, in the tables nat and filter. */
export const CHAIN = "MASSCANNED";
/** What the alias of {@linkcode HOST_END} and comments begin with. */
export const MARK = "masscanned share";

/** The host's addresses on the cable. */
export const HOST_ADDRESSES = {
  // 0.0.0.0/8 is "this network", RFC 6890, and no one else's.
  v4: "0.255.0.0/31",
  v6: "fd6d:6173:7363::/127",
} as const;

/** One address that is shared. */
export interface Mapping {
  /** The address that clients use; the host's own. */
  readonly outer: string;
  /** The address that masscanned is asked under. */
  readonly inner: string;
}

/** Addresses that are shared, by family. */
export interface Mappings {
  /** Of IPv4. */
  readonly v4: readonly Mapping[];
  /** Of IPv6. */
  readonly v6: readonly Mapping[];
}

/**
 * Says how to start masscanned.
 *
 * @param mappings What is shared.
 * @returns The command, which tells it what its clients call its addresses.
 */
export function commandFor(mappings: readonly Mapping[]): string {
  const pairs = mappings.map(({ outer, inner }) => `${inner}=${outer}`);
  const known = pairs.length > 0 ? ` --public-ip ${pairs.join(",")}` : "";
  return `masscanned -i ${OUR_END}${known}`;
}

/**
 * Gives each shared address one behind the cable.
 *
 * One each, so that masscanned's log tells which address was asked, and one
 * client's connections from one port to two of them stay two.
 *
 * @param addresses The addresses, of either family.
 * @returns What each becomes: `0.255.0.1`, `0.255.0.2` …; `fd6d:6173:7363::1` …
 */
export function mappingsOf(addresses: readonly string[]): Mappings {
  const v4 = addresses.filter((address) => !address.includes(":"));
  const v6 = addresses.filter((address) => address.includes(":"));
  return {
    v4: v4.map((outer, i) => ({
      outer,
      inner: `0.255.${(i + 1) >> 8}.${(i + 1) & 0xff}`,
    })),
    v6: v6.map((outer, i) => ({
      outer,
      inner: `fd6d:6173:7363::${(i + 1).toString(16)}`,
    })),
  };
}
