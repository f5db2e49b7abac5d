/**
 * Hosts as `share` may find them.
 *
 * @module
 */

import type { Host, Link } from "../../src/share/host.ts";

/** An interface that is up, with addresses. */
export function link(name: string, more: Partial<Link> = {}): Link {
  return {
    index: 2,
    name,
    mtu: 1500,
    isUp: true,
    kind: "",
    peer: "",
    alias: "",
    addresses: [],
    ...more,
  };
}

/** A host with nftables, whose `eth0` has an address of each family. */
export function host(more: Partial<Host> = {}): Host {
  return {
    links: [
      link("eth0", {
        mtu: 1400,
        addresses: ["192.0.2.1", "192.0.2.2", "2001:db8::1"],
      }),
    ],
    settings: settings({}),
    learning: new Set(),
    chains: [],
    saved: new Map(),
    sockets: [],
    sshConnection: undefined,
    ...more,
  };
}

/** Kernel parameters that are as by default, but for some. */
export function settings(
  more: Readonly<Record<string, string>>,
): Map<string, string> {
  const all = new Map<string, string>();
  for (const name of ["all", "default", "eth0"]) {
    all.set(`net/ipv4/conf/${name}/forwarding`, "0");
    all.set(`net/ipv6/conf/${name}/forwarding`, "0");
    all.set(`net/ipv6/conf/${name}/accept_ra`, "1");
  }
  for (const [key, value] of Object.entries(more)) all.set(key, value);
  return all;
}
