/**
 * Which addresses on an interface are the host's, its gateways' or its
 * networks', and so never ours.
 *
 * @module
 */

import ipaddr from "ipaddr.js";
import { readKernelFile } from "../../ffi/kernel_file.ts";
import type { AddressRange } from "../address/set.ts";

/**
 * Finds the addresses to leave alone on an interface.
 *
 * @param name Name of the interface.
 * @returns The host's addresses, on whichever interface, for it answers for all
 * of them; the broadcast address of each network on this one; and the gateways
 * that are reached by it. One range each.
 */
export function reservedRanges(name: string): AddressRange[] {
  const addresses = [
    ...hostAddresses().map(({ address }) => address),
    ...gateways4(name),
    ...gateways6(name),
  ];
  return [...addresses.map(rangeOf), ...broadcastRanges(name)];
}

/**
 * Finds the broadcast address of each network that the host has on an interface.
 *
 * @param name Name of the interface.
 * @returns One range each.
 */
export function broadcastRanges(name: string): AddressRange[] {
  const own = Deno.networkInterfaces().filter((one) => one.name === name);
  return own.filter(hasBroadcast).map(({ address, netmask }) => {
    const mask = octetsOf(netmask);
    return rangeOf(
      octetsOf(address).map((octet, i) => octet | ~mask[i]! & 255),
    );
  });
}

function rangeOf(address: Uint8Array): AddressRange {
  return { first: address, last: address };
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

/**
 * Tells whether there are others on a link, as far as the host knows.
 *
 * @param name Name of its interface.
 * @returns Whether the host has a network there that holds more than two
 * addresses, or a gateway.
 */
export function hasNeighbours(name: string): boolean {
  const own = Deno.networkInterfaces().filter((one) => one.name === name);
  // Every interface has a link-local address; a cable of two ends has /31.
  return own.some(({ cidr }) => !/^fe80:|[/](31|32|127|128)$/.test(cidr)) ||
    gateways4(name).length > 0 || gateways6(name).length > 0;
}

/** Networks of one or two addresses have no other, RFC 3021 §2.1. */
function hasBroadcast({ cidr, family }: Deno.NetworkInterfaceInfo): boolean {
  return family === "IPv4" && !/[/]3[12]$/.test(cidr);
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
  const text = readKernelFile(path) ?? ""; // without this version of IP
  const rows = text.split("\n").map((line) => line.trim().split(/\s+/));
  return rows.filter((row) => /^[0-9A-F]+$/i.test(row[2] ?? ""));
}
