/**
 * What to do to share addresses, and to end it: from what is wanted and what
 * the host is like to a list of steps. Nothing is done here.
 *
 * ```text
 *  client ── eth0 ─┬─ the host: ports that are kept, and its own connections
 *                  └─ to_masscanned ══ masscanned ── masscanned -i masscanned
 *            destination changed on the way in, and back on the way out
 * ```
 *
 * @module
 */

import { OperatorError } from "../operator_error.ts";
import {
  cableState,
  type Host,
  IPTABLES,
  type Iptables,
  linkOf,
  usesIptables,
} from "./host.ts";
import { iptablesRemoval, iptablesRules } from "./iptables.ts";
import { lockouts } from "./lockout.ts";
import {
  HOST_ADDRESSES,
  HOST_END,
  type Mappings,
  mappingsOf,
  OUR_END,
  TABLE,
} from "./names.ts";
import { nftRules } from "./nft.ts";
import type { ShareOptions } from "./options.ts";
import {
  aliasFor,
  forwarding4,
  FORWARDING_6,
  guardsFor,
  neededSettings,
  restoredSettings,
  surplusSettings,
} from "./settings.ts";
import { feed, run, set, type Step } from "./step.ts";

// What nft and iptables-restore read as one word.
const PLAIN_NAME = /^[\w.:@-]+$/;

/**
 * Plans to share addresses. Nothing goes to masscanned before the last steps,
 * each of which is a transaction; so it does not matter where it is cut short.
 *
 * @param options What is to be shared.
 * @param host The host; it may share already.
 * @returns What to do.
 * @throws {OperatorError} If it cannot be done, or locks the operator out.
 */
export function planUp(options: ShareOptions, host: Host): Step[] {
  const { iface } = options;
  checkPossible(options, host);
  const mappings = mappingsOf(options.addresses);
  const needed = neededSettings(host, iface, mappings);
  const surplus = surplusSettings(host, iface, mappings);
  const wantsNft = choosesNft(host);
  return [
    ...laidCable(host, iface),
    // Noted before they are changed, and until they are put back.
    noted(aliasFor(host, needed)),
    ...numberedCable(host, mappings),
    ...needed,
    ...(wantsNft
      ? [
        feed(
          "nft -f -",
          nftRules(options, mappings, guardsFor(host, iface, mappings)),
        ),
        ...removedIptables(host, IPTABLES),
      ]
      : [
        ...writtenIptables(options, host, mappings),
        ...removedNft(host),
      ]),
    ...surplus,
    ...(surplus.length > 0 ? [noted(aliasFor(host, needed, surplus))] : []),
  ];
}

/**
 * Plans to end sharing. First traffic goes to the host again; last goes the
 * cable, with what is known about how things were.
 *
 * @param host The host, as whatever was done before left it.
 * @returns What to do; nothing if nothing of ours is there.
 */
export function planDown(host: Host): Step[] {
  const state = cableState(host);
  return [
    ...removedNft(host),
    ...removedIptables(host, IPTABLES),
    ...restoredSettings(host),
    ...(state === "ours" || state === "unfinished"
      ? [run(`ip link delete ${HOST_END}`)]
      : []),
  ];
}

/** Refuses what cannot be, or should not be done. */
function checkPossible(options: ShareOptions, host: Host): void {
  const { iface, addresses, force } = options;
  const link = linkOf(host, iface);
  if (link === undefined || !PLAIN_NAME.test(iface)) {
    throw new OperatorError(
      `Cannot share: there is no interface "${iface}". See: ip link`,
    );
  }
  const own = link.addresses;
  const other = addresses.find((address) => !own.includes(address));
  if (other !== undefined) {
    throw new OperatorError(
      `Cannot share ${other}: it is not an address of ${iface}, which has ` +
        `${own.join(", ") || "none"}`,
    );
  }
  const loopback = addresses.find((one) => /^(127\.|::1$)/.test(one));
  if (loopback !== undefined) {
    throw new OperatorError(
      `Cannot share ${loopback}: nobody but the host itself can reach it`,
    );
  }
  if (cableState(host) === "foreign") {
    throw new OperatorError(
      `Cannot share: somebody else made an interface "${HOST_END}" or ` +
        `"${OUR_END}". If it is no longer needed: ip link delete ${OUR_END}`,
    );
  }
  const [lockout] = force ? [] : lockouts(options, host);
  if (lockout !== undefined) {
    throw new OperatorError(
      `Will not share: ${lockout}; or, if there is another way in, --force`,
    );
  }
}

function laidCable(host: Host, iface: string): Step[] {
  if (cableState(host) !== "absent") return [];
  const mtu = `mtu ${linkOf(host, iface)!.mtu}`;
  // One segment at a time: what eth0 put together is cut up again.
  return [
    run(
      `ip link add ${HOST_END} ${mtu} gso_max_segs 1 ` +
        `type veth peer name ${OUR_END} ${mtu}`,
    ),
  ];
}

/** Keeps a note where it lasts as long as the cable. */
function noted(alias: string): Step {
  return run(`ip link set ${HOST_END} alias`, alias);
}

function numberedCable(host: Host, { v4, v6 }: Mappings): Step[] {
  const steps: Step[] = [];
  // The kernel's own IPv6 on the cable would only disturb: masscanned answers
  // for every address there, also for those that it tries whether they are
  // free. At the host's end it needs a link-local one to ask for neighbours.
  const hasIpv6 = host.settings.has(FORWARDING_6);
  if (hasIpv6) steps.push(run(`ip link set ${HOST_END} addrgenmode none`));
  // Our end may have been given to a network namespace since.
  if (cableState(host) === "absent" || linkOf(host, OUR_END)) {
    if (hasIpv6) {
      steps.push(set(`net/ipv6/conf/${OUR_END}/disable_ipv6`, "1"));
    }
    steps.push(run(`ip link set ${OUR_END} up`));
  }
  steps.push(run(`ip link set ${HOST_END} up`));
  const dev = `dev ${HOST_END}`;
  if (v4.length > 0) {
    steps.push(
      run(`ip address replace ${HOST_ADDRESSES.v4} ${dev}`),
      ...v4.slice(1).map(({ inner }) =>
        run(`ip route replace ${inner} ${dev}`)
      ),
      set(forwarding4(HOST_END), "1"),
    );
  }
  if (v6.length > 0) {
    steps.push(
      run(`ip address replace fe80::1/64 ${dev} nodad`),
      run(`ip address replace ${HOST_ADDRESSES.v6} ${dev} nodad`),
      ...v6.slice(1).map(({ inner }) =>
        run(`ip route replace ${inner} ${dev}`)
      ),
    );
  }
  return steps;
}

/** iptables where that is what the host has, else nftables. */
function choosesNft(host: Host): boolean {
  if (host.chains === undefined && host.saved.size === 0) {
    throw new OperatorError(
      "Cannot share: there is neither nft nor iptables. " +
        "On Debian and Ubuntu: apt-get install nftables",
    );
  }
  return host.chains !== undefined && !usesIptables(host);
}

function writtenIptables(
  options: ShareOptions,
  host: Host,
  mappings: Mappings,
): Step[] {
  const guards = guardsFor(host, options.iface, mappings);
  return ([["iptables", "v4"], ["ip6tables", "v6"]] as const).flatMap(
    ([program, family]) => {
      const saved = host.saved.get(program) ?? [];
      if (mappings[family].length === 0) {
        return removedIptables(host, [program]);
      }
      const guarded = guards[family];
      const rules = iptablesRules(options, mappings[family], guarded, saved);
      return [feed(`${program}-restore --wait --noflush`, rules)];
    },
  );
}

function removedIptables(host: Host, programs: readonly Iptables[]): Step[] {
  return programs.flatMap((program) => {
    const removal = iptablesRemoval(host.saved.get(program) ?? []);
    return removal
      ? [feed(`${program}-restore --wait --noflush`, removal)]
      : [];
  });
}

function removedNft(host: Host): Step[] {
  const isThere = host.chains?.some(({ family, table }) =>
    family === "inet" && table === TABLE
  );
  return isThere ? [run(`nft delete table inet ${TABLE}`)] : [];
}
