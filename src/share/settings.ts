/**
 * Kernel parameters that sharing needs, and how they were before.
 *
 * They are put back even after a crash: before the first one is changed, what
 * they were is written into the alias of the cable's end, ip-link(8), where the
 * kernel keeps it for as long as there is a cable.
 *
 * @module
 */

import { OperatorError } from "../operator_error.ts";
import { type Host, linkOf } from "./host.ts";
import { HOST_END, type Mappings, MARK } from "./names.ts";
import { set, type SetStep } from "./step.ts";

/** Longest alias, in octets: IFALIASZ without the final NUL. */
const ALIAS_MAX = 255;

/** Families whose packets the host forwards for us alone. */
export interface Guards {
  /** Whether the interface did not forward IPv4 before. */
  readonly v4: boolean;
  /** Whether the host did not forward IPv6 before. */
  readonly v6: boolean;
}

/** Whether IPv6 is forwarded; unlike IPv4 it knows but one switch for all. */
export const FORWARDING_6 = "net/ipv6/conf/all/forwarding";

/**
 * Names the switch that lets an interface forward IPv4.
 *
 * One for each interface, and not `net.ipv4.ip_forward`: the others stay shut.
 *
 * @param iface Name of the interface.
 * @returns Path under `/proc/sys`.
 */
export function forwarding4(iface: string): string {
  return `net/ipv4/conf/${iface}/forwarding`;
}

/**
 * Finds out what to set on the host, besides the cable.
 *
 * @param host The host.
 * @param iface Name of the interface that has the addresses.
 * @param mappings What is shared.
 * @returns What to set, in order; what is so already is left out.
 */
export function neededSettings(
  host: Host,
  iface: string,
  { v4, v6 }: Mappings,
): SetStep[] {
  const steps: SetStep[] = [];
  if (v4.length > 0) steps.push(set(forwarding4(iface), "1"));
  if (v6.length > 0) {
    // A router no longer believes router advertisements, and forgets what it
    // learned from them, unless told otherwise, ip-sysctl: accept_ra.
    for (const name of host.learning) {
      const key = `net/ipv6/conf/${name}/accept_ra`;
      if (host.settings.get(key) === "1") steps.push(set(key, "2"));
    }
    steps.push(set(FORWARDING_6, "1"));
  }
  return steps.filter(({ key, value }) => host.settings.get(key) !== value);
}

/**
 * Reads how settings were before.
 *
 * @param host The host.
 * @returns What to set to have them so again, in order.
 */
export function recordOf(host: Host): SetStep[] {
  const { alias = "" } = linkOf(host, HOST_END) ?? {};
  if (!alias.startsWith(MARK)) return [];
  return [...alias.matchAll(/(\S+)=(\S+)/g)].map(([, key = "", value = ""]) =>
    set(key, value)
  );
}

/**
 * Writes how settings were before, as the alias of the cable's end.
 *
 * @param host The host.
 * @param needed What is going to be set.
 * @param surplus What has been put back already.
 * @returns The alias.
 * @throws {OperatorError} If there is more to remember than an alias holds.
 */
export function aliasFor(
  host: Host,
  needed: readonly SetStep[],
  surplus: readonly SetStep[] = [],
): string {
  const former = recordOf(host)
    .filter(({ key }) => !surplus.some((step) => step.key === key));
  const added = needed
    .filter(({ key }) => !former.some((step) => step.key === key))
    .map(({ key }) => set(key, host.settings.get(key) ?? "0"));
  if (added.some(({ key }) => key === FORWARDING_6)) {
    // Shutting it for all shuts what was open for one.
    for (const { name } of [...host.links, { name: "default" }]) {
      const key = `net/ipv6/conf/${name}/forwarding`;
      if (host.settings.get(key) === "1") added.push(set(key, "1"));
    }
  }
  // What was set last is put back first.
  const all = [...former, ...added].sort((a, b) => rank(a) - rank(b));
  const alias = [MARK, ...all.map(({ key, value }) => `${key}=${value}`)]
    .join(" ");
  if (new TextEncoder().encode(alias).length > ALIAS_MAX) {
    throw new OperatorError(
      `Cannot share: too many interfaces whose settings would change. ` +
        `Turn IPv6 forwarding on yourself: sysctl -w net.ipv6.conf.all.forwarding=1`,
    );
  }
  return alias;
}

/** The switch for all first, then the switches for one, then the rest. */
function rank({ key }: SetStep): number {
  if (key === FORWARDING_6) return 0;
  return key.endsWith("/forwarding") ? 1 : 2;
}

/**
 * Finds out what to put back.
 *
 * @param host The host.
 * @returns What to set. Somebody who has made the host a router meanwhile, as
 * docker does, is not undone.
 */
export function restoredSettings(host: Host): SetStep[] {
  return recordOf(host)
    .filter(({ key }) => host.settings.has(key))
    .filter(({ key, value }) =>
      host.settings.get(key) !== value || rank(set(key, value)) === 1
    )
    .filter(({ key }) => !(isRouter(host) && key.startsWith("net/ipv4/")));
}

/**
 * Finds out what to put back although sharing goes on, for it is no longer
 * needed: nobody would guard what stayed open.
 *
 * @param host The host.
 * @param iface Name of the interface that has the addresses.
 * @param mappings What is shared from now on.
 * @returns What to set.
 */
export function surplusSettings(
  host: Host,
  iface: string,
  { v4, v6 }: Mappings,
): SetStep[] {
  return restoredSettings(host).filter(({ key }) =>
    key.startsWith("net/ipv6/")
      ? v6.length === 0
      : v4.length === 0 || key !== forwarding4(iface)
  );
}

/**
 * Finds what is no longer as sharing needs it, because somebody set it back.
 *
 * @param host The host.
 * @returns Paths under `/proc/sys` of the switches that are off.
 */
export function lostSettings(host: Host): string[] {
  return recordOf(host)
    .filter(({ key, value }) =>
      key.endsWith("/forwarding") && value === "0" &&
      host.settings.get(key) === "0"
    )
    .map(({ key }) => key);
}

/**
 * Finds out which families are forwarded for us alone.
 *
 * @param host The host.
 * @param iface Name of the interface that has the addresses.
 * @param mappings What is shared.
 * @returns Whether, but for us, IPv4 is not forwarded there and IPv6 nowhere.
 */
export function guardsFor(
  host: Host,
  iface: string,
  { v4, v6 }: Mappings,
): Guards {
  const wasShut = (key: string): boolean =>
    (recordOf(host).find((step) => step.key === key)?.value ??
      host.settings.get(key)) === "0";
  return {
    v4: v4.length > 0 && wasShut(forwarding4(iface)) && !isRouter(host),
    v6: v6.length > 0 && wasShut(FORWARDING_6),
  };
}

function isRouter(host: Host): boolean {
  return host.settings.get("net/ipv4/conf/all/forwarding") === "1";
}
