/**
 * The rules that share addresses, in iptables, iptables-restore(8): the same as
 * in nftables, in chains of our own that theirs jump to first.
 *
 * @module
 */

import { CHAIN, HOST_END, type Mapping, MARK } from "./names.ts";
import type { ShareOptions } from "./options.ts";

const TABLES = ["nat", "filter"] as const;

/**
 * Writes the rules of one family as one transaction a table, which replaces
 * what there was.
 *
 * @param options What is to be shared.
 * @param mappings What each address becomes.
 * @param isGuarded Whether nothing is forwarded but to us.
 * @param saved Lines that `iptables-save` prints.
 * @returns Input of `iptables-restore --noflush`.
 */
export function iptablesRules(
  { iface, keep }: ShareOptions,
  mappings: readonly Mapping[],
  isGuarded: boolean,
  saved: readonly string[],
): string {
  const comment = `-m comment --comment "${MARK}"`;
  // Before IPv6 forwards at one interface, it must forward at all of them.
  const guarded = mappings.some(({ outer }) => outer.includes(":"))
    ? ""
    : `-i ${iface} `;
  const nat = [
    ...keep.map(({ transport, first, last }) =>
      `-p ${transport} --dport ${first}:${last} -j RETURN`
    ),
    "-p tcp ! --syn -m socket -j RETURN",
    ...mappings.map(({ outer, inner }) =>
      `-d ${outer} -j DNAT --to-destination ${inner}`
    ),
  ];
  const filter = [
    `-o ${HOST_END} -m conntrack --ctstate DNAT -j ACCEPT`,
    `-o ${HOST_END} -j DROP`,
    `-i ${HOST_END} -m conntrack --ctdir REPLY -j ACCEPT`,
    `-i ${HOST_END} -j DROP`,
    ...(isGuarded ? [`${guarded}-j DROP`] : []),
  ];
  return [
    "*nat",
    ...ownChain(nat),
    ...jumpsAway(saved, "nat"),
    `-I PREROUTING 1 -i ${iface} ${comment} -j ${CHAIN}`,
    "COMMIT",
    "*filter",
    ...ownChain(filter),
    ...jumpsAway(saved, "filter"),
    `-I FORWARD 1 ${comment} -j ${CHAIN}`,
    "COMMIT",
    "",
  ].join("\n");
}

/**
 * Reads what is shared from the rules.
 *
 * @param lines Lines that `iptables-save` and `ip6tables-save` print.
 * @returns What each address becomes.
 */
export function iptablesMappings(lines: readonly string[]): Mapping[] {
  const rule = new RegExp(
    `^-A ${CHAIN} -d (\\S+)/\\d+ -j DNAT --to-destination (\\S+)$`,
  );
  return lines.flatMap((line) => {
    const [, outer, inner] = rule.exec(line) ?? [];
    return outer && inner ? [{ outer, inner }] : [];
  });
}

/**
 * Writes what undoes the rules of one family.
 *
 * @param saved Lines that `iptables-save` prints.
 * @returns Input of `iptables-restore --noflush`; empty if there are none.
 */
export function iptablesRemoval(saved: readonly string[]): string {
  return TABLES.flatMap((table) => {
    const isThere = linesOf(saved, table).some((line) =>
      line.startsWith(`:${CHAIN} `)
    );
    if (!isThere) return [];
    return [
      `*${table}`,
      ...jumpsAway(saved, table),
      `-F ${CHAIN}`,
      `-X ${CHAIN}`,
      "COMMIT",
      "",
    ];
  }).join("\n").replaceAll("\n\n", "\n");
}

/** Makes our chain, or empties it. */
function ownChain(rules: readonly string[]): string[] {
  return [`:${CHAIN} - [0:0]`, ...rules.map((rule) => `-A ${CHAIN} ${rule}`)];
}

/** Removes every jump to our chain. */
function jumpsAway(
  saved: readonly string[],
  table: typeof TABLES[number],
): string[] {
  return linesOf(saved, table)
    .filter((line) => line.startsWith("-A ") && line.endsWith(`-j ${CHAIN}`))
    .map((line) => line.replace("-A", "-D"));
}

/** Lines about one table. */
function linesOf(
  saved: readonly string[],
  table: typeof TABLES[number],
): readonly string[] {
  const start = saved.indexOf(`*${table}`);
  return start < 0 ? [] : saved.slice(start, saved.indexOf("COMMIT", start));
}
