/**
 * Which driver runs a network interface, as ethtool(8) -i tells.
 *
 * @module
 */

import { libc } from "./libc.ts";

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SIOCETHTOOL = 0x8946n;
const ETHTOOL_GDRVINFO = 3;

// struct ifreq: char ifr_name[16], then a union, here void *ifr_data.
const IFREQ_LEN = 40;
const UNION_AT = 16;

// struct ethtool_drvinfo: __u32 cmd, char driver[32], and more.
const DRVINFO_LEN = 196;
const DRIVER_AT = 4;
const DRIVER_LEN = 32;

/**
 * Asks for the driver of an interface.
 *
 * @param name Name of the interface.
 * @returns Name of the driver, such as `"veth"`; empty if it does not say.
 */
export function driverOf(name: string): string {
  const info = new Uint8Array(DRVINFO_LEN);
  new DataView(info.buffer).setUint32(0, ETHTOOL_GDRVINFO, true);
  const ifreq = new Uint8Array(IFREQ_LEN);
  ifreq.set(new TextEncoder().encode(name));
  const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(info));
  new DataView(ifreq.buffer).setBigUint64(UNION_AT, address, true);

  const fd = libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return "";
  const result = libc.ioctl(fd, SIOCETHTOOL, ifreq);
  libc.close(fd);
  if (result < 0) return "";
  const driver = info.subarray(DRIVER_AT, DRIVER_AT + DRIVER_LEN);
  return new TextDecoder().decode(driver.subarray(0, driver.indexOf(0)));
}
