/**
 * Sets of ports: which are open.
 *
 * @module
 */

/** How many ports there are. */
export const PORTS = 65_536;

/** A set of ports: bit `port & 7` of octet `port >> 3`. Plain data. */
export type PortSet = Uint8Array<ArrayBuffer>;

/** The open ports of each transport. Plain data, which a worker can be sent. */
export interface OpenPorts {
  /** Where a connection is accepted. */
  readonly tcp: PortSet;
  /** Where a datagram is read. */
  readonly udp: PortSet;
}

/** Consecutive ports of one transport, both ends included. */
export interface PortRange {
  /** Transport. */
  readonly transport: keyof OpenPorts;
  /** Lowest port, in `[0, 65535]`. */
  readonly first: number;
  /** Highest port, in `[first, 65535]`. */
  readonly last: number;
}

/**
 * Makes a set.
 *
 * @param ranges First and last port of each range, in `[0, 65535]`.
 * @returns All ports in any of them.
 */
export function portSet(
  ranges: Iterable<readonly [first: number, last: number]>,
): PortSet {
  const set = new Uint8Array(PORTS / 8);
  for (const [first, last] of ranges) {
    for (let port = first; port <= last; port++) {
      set[port >>> 3]! |= 1 << (port & 7);
    }
  }
  return set;
}

/**
 * Tells whether a port is in a set.
 *
 * @param set The set.
 * @param port The port, in `[0, 65535]`.
 */
export function hasPort(set: PortSet, port: number): boolean {
  return (set[port >>> 3]! >>> (port & 7) & 1) !== 0;
}

/** Every port is open. */
export const EVERY_PORT: OpenPorts = {
  tcp: portSet([[0, PORTS - 1]]),
  udp: portSet([[0, PORTS - 1]]),
};
