/**
 * Which addresses on an interface are the host's, its gateways' or its
 * networks', and so never ours unless they are listed.
 *
 * @module
 */

import ipaddr from "ipaddr.js";
import type { AddressRange } from "../address/set.ts";

/**
 * Finds the addresses to leave alone on an interface.
 *
 * @param name Name of the interface.
 * @returns The host's addresses, the broadcast address of each of its networks
 * and its default gateways, one range each.
 */
export function reservedRanges(name: string): AddressRange[] {
  const own = Deno.networkInterfaces().filter((one) => one.name === name);
  const addresses = [
    ...own.map(({ address }) => octetsOf(address.replace(/%.*/, ""))),
    ...own.filter(({ family }) => family === "IPv4").map((one) =>
      octetsOf(one.address)
        .map((octet, i) => octet | ~octetsOf(one.netmask)[i]! & 0xff)
    ),
    ...gateways4(name),
    ...gateways6(name),
  ];
  return addresses.map((octets) => ({ first: octets, last: octets }));
}

/**
 * Finds the addresses that the host has.
 *
 * @returns Each, and the name of its interface.
 */
export function hostAddresses(): { address: Uint8Array; owner: string }[] {
  return Deno.networkInterfaces().map(({ address, name }) => ({
    address: octetsOf(address.replace(/%.*/, "")),
    owner: name,
  }));
}

function octetsOf(address: string): Uint8Array {
  return Uint8Array.from(ipaddr.parse(address).toByteArray());
}

/** Next hops of IPv4 routes: interface, destination, gateway, … proc(5). */
function gateways4(name: string): Uint8Array[] {
  return rowsOf("/proc/net/route")
    .filter(([iface, , gateway]) => iface === name && !isZero(gateway!))
    // The kernel prints the address as a number of the host's octet order.
    .map(([, , gateway]) => Uint8Array.fromHex(gateway!).reverse());
}

/** Next hops of IPv6 routes: …, next hop fifth, interface last. */
function gateways6(name: string): Uint8Array[] {
  return rowsOf("/proc/net/ipv6_route")
    .filter((row) => row.at(-1) === name && !isZero(row[4]!))
    .map((row) => Uint8Array.fromHex(row[4]!));
}

function isZero(hex: string): boolean {
  return /^0*$/.test(hex);
}

/** Words of each line of a file of the kernel's; none if it has none. */
function rowsOf(path: string): string[][] {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch {
    return []; // a kernel without this version of IP
  }
  const rows = text.split("\n").map((line) => line.trim().split(/\s+/));
  return rows.filter((row) => /^[0-9A-F]+$/i.test(row[2] ?? ""));
}
