/**
 * A hardware address apart from the host's, on a virtual cable to it.
 *
 * @module
 */

import { driverOf } from "../../ffi/driver.ts";
import type { Interface } from "../../ffi/interface.ts";

/**
 * Finds out whether we need a hardware address of our own on an interface.
 *
 * Where addresses are shared with the host, a veth leads from its routing to
 * us, and both ends are the host's. What comes to the hardware address of our
 * end, the host's kernel takes for itself as well: not being addressed, it
 * routes it, back into the cable if it may forward, and so on until the TTL is
 * used up, and we answer each time. It ignores what comes to another hardware
 * address. So on a veth without an IP address we answer with another.
 *
 * @param iface The interface.
 * @returns The hardware address to answer with, or `undefined` for its own.
 */
export function macApart(iface: Interface): Uint8Array | undefined {
  const isNumbered = Deno.networkInterfaces().some(({ name, address }) =>
    name === iface.name && !/^fe[89ab]/.test(address)
  );
  if (isNumbered || driverOf(iface.name) !== "veth") return undefined;
  const mac = iface.mac.slice();
  mac[0]! |= 0x02; // locally administered, IEEE 802-2014 §8.4
  mac[5]! ^= 0x01;
  return mac;
}
