/**
 * The rules that share addresses, in nftables, nft(8).
 *
 * @module
 */

import { HOST_END, type Mapping, type Mappings, MARK, TABLE } from "./names.ts";
import type { PortRange } from "../ports.ts";
import type { ShareOptions } from "./options.ts";
import type { Guards } from "./settings.ts";

/**
 * Writes the rules as one transaction, which replaces what there was.
 *
 * Destinations are changed before other chains' turn (docker's is −100); what
 * is kept goes on to those. Connections that the host opened are not new to
 * conntrack, so no rule is asked about their packets; those that are older than
 * conntrack itself are known by their socket.
 *
 * @param options What is to be shared.
 * @param mappings What each address becomes.
 * @param guards What is not forwarded but to us.
 * @returns Input of `nft -f -`.
 */
export function nftRules(
  { iface, keep }: ShareOptions,
  { v4, v6 }: Mappings,
  guards: Guards,
): string {
  const prerouting = [
    `iifname != "${iface}" accept comment "${MARK}"`,
    ...keptPorts("tcp", keep),
    ...keptPorts("udp", keep),
    "tcp flags & (syn | ack) != syn socket wildcard 0 accept",
    ...destinations("ip", v4),
    ...destinations("ip6", v6),
  ];
  const forward = [
    `oifname "${HOST_END}" ct status dnat accept`,
    `oifname "${HOST_END}" drop`,
    `iifname "${HOST_END}" ct direction reply accept`,
    `iifname "${HOST_END}" drop`,
    ...(guards.v4 ? [`iifname "${iface}" meta nfproto ipv4 drop`] : []),
    ...(guards.v6 ? ["meta nfproto ipv6 drop"] : []),
  ];
  return [
    `add table inet ${TABLE}`,
    `delete table inet ${TABLE}`,
    `table inet ${TABLE} {`,
    "\tchain prerouting {",
    "\t\ttype nat hook prerouting priority -110; policy accept;",
    ...prerouting.map((rule) => `\t\t${rule}`),
    "\t}",
    "\tchain forward {",
    "\t\ttype filter hook forward priority 0; policy accept;",
    ...forward.map((rule) => `\t\t${rule}`),
    "\t}",
    "}",
    "",
  ].join("\n");
}

/**
 * Reads what is shared from the rules.
 *
 * @param lines What `nft list table` prints.
 * @returns What each address becomes.
 */
export function nftMappings(lines: readonly string[]): Mapping[] {
  // One map a family; nft may wrap it.
  return [...lines.join(" ").matchAll(/ daddr map \{([^}]*)\}/g)]
    .flatMap(([, map]) => map!.split(","))
    .map((pair) => pair.trim().split(" : "))
    .map(([outer = "", inner = ""]) => ({ outer, inner }));
}

function keptPorts(
  transport: PortRange["transport"],
  keep: readonly PortRange[],
): string[] {
  const ports = keep.filter((range) => range.transport === transport)
    .map(({ first, last }) => first === last ? `${first}` : `${first}-${last}`);
  return ports.length > 0
    ? [`${transport} dport { ${ports.join(", ")} } accept`]
    : [];
}

function destinations(
  family: "ip" | "ip6",
  mappings: readonly Mapping[],
): string[] {
  const pairs = mappings.map(({ outer, inner }) => `${outer} : ${inner}`);
  return pairs.length > 0
    ? [`dnat ${family} to ${family} daddr map { ${pairs.join(", ")} }`]
    : [];
}
