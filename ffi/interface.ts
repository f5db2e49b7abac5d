/**
 * What the kernel says about a network interface, netdevice(7).
 *
 * @module
 */

import { check } from "./errno.ts";
import { libc } from "./libc.ts";

const AF_UNIX = 1; // any family will do; a hardened service may lack others
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SIOCGIFFLAGS = 0x8913n;
const SIOCGIFMTU = 0x8921n;
const SIOCGIFHWADDR = 0x8927n;
const IFF_UP = 1;
const ARPHRD_ETHER = 1;

// struct ifreq: char ifr_name[16], then a union.
const IFREQ_LEN = 40;
const NAME_MAX = 15;
const UNION_AT = 16;

/** A network interface. */
export interface Interface {
  /** Name, such as `"eth0"`. */
  readonly name: string;
  /** Number that the kernel knows it by. */
  readonly index: number;
  /** Whether it is up. */
  readonly isUp: boolean;
  /** Whether its frames have Ethernet headers. */
  readonly isEthernet: boolean;
  /** Hardware address, 6 octets. */
  readonly mac: Uint8Array;
  /** Largest IP packet, in octets. */
  readonly mtu: number;
}

/**
 * Finds out what an interface is called, which may change.
 *
 * @param index Its number, which does not.
 * @returns Its name, or `undefined` if there is none with that number.
 */
export function nameOfInterface(index: number): string | undefined {
  const octets = new Uint8Array(NAME_MAX + 1);
  if (libc.if_indextoname(index, octets) === null) return undefined;
  return new TextDecoder().decode(octets.subarray(0, octets.indexOf(0)));
}

/**
 * Looks an interface up.
 *
 * @param name Its name.
 * @returns What is known of it, or `undefined` if there is none.
 * @throws {SystemError} If the kernel will not say, or it went away meanwhile.
 */
export function findInterface(name: string): Interface | undefined {
  const octets = new TextEncoder().encode(`${name}\0`);
  if (octets.length > NAME_MAX + 1) return undefined;
  const index = libc.if_nametoindex(octets);
  if (index === 0) return undefined;

  const fd = check(
    libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0),
    "open a socket",
  );
  try {
    const ask = (request: bigint): DataView => {
      const ifreq = new Uint8Array(IFREQ_LEN);
      ifreq.set(octets);
      check(libc.ioctl(fd, request, ifreq), `ask about interface "${name}"`);
      return new DataView(ifreq.buffer, UNION_AT);
    };
    const hardware = ask(SIOCGIFHWADDR);
    const family = hardware.getUint16(0, true);
    return {
      name,
      index,
      isUp: (ask(SIOCGIFFLAGS).getUint16(0, true) & IFF_UP) !== 0,
      isEthernet: family === ARPHRD_ETHER,
      mac: new Uint8Array(hardware.buffer, UNION_AT + 2, 6),
      mtu: ask(SIOCGIFMTU).getInt32(0, true),
    };
  } finally {
    libc.close(fd);
  }
}
