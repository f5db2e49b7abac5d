/**
 * What `share` must know of the host, and how to read what its tools print.
 *
 * @module
 */

import { CHAIN, HOST_END, MARK, OUR_END } from "./names.ts";
import type { Socket } from "./sockets.ts";

/** A network interface. */
export interface Link {
  /** Number that the kernel knows it by. */
  readonly index: number;
  /** Its name, such as `"eth0"`. */
  readonly name: string;
  /** Largest IP packet, in octets. */
  readonly mtu: number;
  /** Whether it is up. */
  readonly isUp: boolean;
  /** What it is made with, such as `"veth"`; empty if it is hardware. */
  readonly kind: string;
  /** The other end's name, if there is one in sight. */
  readonly peer: string;
  /** What somebody noted about it, ip-link(8). */
  readonly alias: string;
  /** Its addresses but the link-local ones. */
  readonly addresses: readonly string[];
}

/** A chain of nftables, as `nft -j list chains` tells of it. */
export interface NftChain {
  /** Family of its table, such as `"inet"`. */
  readonly family: string;
  /** Name of its table. */
  readonly table: string;
  /** Its name. */
  readonly name: string;
  /** Where packets come to it, if it is a base chain: such as `"forward"`. */
  readonly hook?: string;
  /** What becomes of packets at its end. */
  readonly policy?: string;
}

/** The two programs of iptables. */
export const IPTABLES = ["iptables", "ip6tables"] as const;
/** One of them. */
export type Iptables = typeof IPTABLES[number];

/** All that `share` must know of the host. */
export interface Host {
  /** Its interfaces. */
  readonly links: readonly Link[];
  /** Kernel parameters, by path under `/proc/sys`. */
  readonly settings: ReadonlyMap<string, string>;
  /** Interfaces on which the kernel learned routes from advertisements. */
  readonly learning: ReadonlySet<string>;
  /** Chains of nftables; absent: there is no `nft`. */
  readonly chains: readonly NftChain[] | undefined;
  /** Lines that `iptables-save` and `ip6tables-save` print, where they are. */
  readonly saved: ReadonlyMap<Iptables, readonly string[]>;
  /** Its TCP sockets. */
  readonly sockets: readonly Socket[];
  /** The environment variable `SSH_CONNECTION`, ssh(1). */
  readonly sshConnection: string | undefined;
}

/** Whose the cable is. */
export type CableState = "absent" | "ours" | "unfinished" | "foreign";

/**
 * Reads what `ip -json -details address show` prints.
 *
 * @param json What it printed.
 * @returns The interfaces.
 */
export function parseLinks(json: string): Link[] {
  // deno-lint-ignore no-explicit-any -- as ip(8) has it
  const links: any[] = JSON.parse(json);
  return links.map((link) => ({
    index: link.ifindex,
    name: link.ifname,
    mtu: link.mtu,
    isUp: link.flags.includes("UP"),
    kind: link.linkinfo?.info_kind ?? "",
    peer: link.link ?? "",
    alias: link.ifalias ?? "",
    addresses: link.addr_info
      // deno-lint-ignore no-explicit-any -- as ip(8) has it
      .filter(({ scope }: any) => scope !== "link")
      // deno-lint-ignore no-explicit-any -- as ip(8) has it
      .map(({ local }: any) => local),
  }));
}

/**
 * Finds an interface.
 *
 * @param host The host.
 * @param name Name of the interface.
 * @returns What is known of it, or `undefined` if there is none.
 */
export function linkOf(host: Host, name: string): Link | undefined {
  return host.links.find((link) => link.name === name);
}

/**
 * Finds out whether the cable is there, and who laid it.
 *
 * @param host The host.
 * @returns `"unfinished"` if it was made and nothing more, as by a `share up`
 * that was killed then; `"foreign"` if somebody else did more with it.
 */
export function cableState(host: Host): CableState {
  const link = linkOf(host, HOST_END);
  if (link === undefined) return linkOf(host, OUR_END) ? "foreign" : "absent";
  if (link.alias.startsWith(MARK)) return "ours";
  const isBare = link.kind === "veth" && link.peer === OUR_END &&
    !link.isUp && link.addresses.length === 0;
  return isBare ? "unfinished" : "foreign";
}

/**
 * Finds out whether iptables keeps packets from being forwarded, or has any
 * other rules: then it is what this host is run with.
 *
 * @param host The host.
 * @returns Whether there are rules or policies that are not ours.
 */
export function usesIptables(host: Host): boolean {
  return [...host.saved.values()].flat().some((line) =>
    /^:\S+ DROP/.test(line) || line.startsWith("-A ") && !line.includes(CHAIN)
  );
}

/**
 * Finds chains of nftables that drop whatever is forwarded and that no rule of
 * theirs accepts: ours cannot help that.
 *
 * @param host The host.
 * @returns Their names, such as `"inet filter forward"`.
 */
export function obstacles(host: Host): string[] {
  return (host.chains ?? [])
    .filter(({ hook, policy }) => hook === "forward" && policy === "drop")
    // What iptables made, ours is put in front of.
    .filter(({ table, name }) => !(table === "filter" && name === "FORWARD"))
    .map(({ family, table, name }) => `${family} ${table} ${name}`);
}
