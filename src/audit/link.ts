/**
 * What neighbours see: addresses, and the hardware address behind them.
 *
 * @module
 */

import type { Criterion } from "./finding.ts";

const ADDRESSES_MAX = 4; // that one host has, at most, without being odd
/** Addresses that nobody has, RFC 5737. */
const NOBODYS = 0xc6336400;
const ASKED = 64;

/** First octets of hardware addresses that virtual machines have. */
const VIRTUAL: Readonly<Record<string, string>> = {
  "525400": "KVM",
};
const OF_ORIGINAL = "c0ffeec0ffee";
const IANA = "00005e"; // VRRP, RFC 9568 §7.3

/** Every address there is. */
const everyAddress: Criterion = {
  name: "addresses that nobody has",
  examine: (suspect) => {
    const taken = Array.from({ length: ASKED }, (_, i) => NOBODYS + i)
      .filter((address) => suspect.hasAddress(address));
    if (taken.length < ASKED) return undefined;
    return {
      level: "high",
      what: "every address that is asked for on the link is there: one ARP " +
        "scan shows it",
      remedy: "-f or --self-ip-list",
    };
  },
};

/** One machine, many times. */
const manyAddresses: Criterion = {
  name: "number of addresses",
  examine: ({ options: { own, persona } }) => {
    if (own === undefined || own.size <= ADDRESSES_MAX) return undefined;
    return {
      level: "medium",
      what: `${own.size} addresses have the same services, versions and host ` +
        `name "${persona.hostName}": seen side by side, they are one machine`,
      remedy: `-f or --self-ip-list, with ${ADDRESSES_MAX} of them or fewer ` +
        `a network that is scanned as a whole`,
    };
  },
};

/** Whose network card that is. */
const hardwareAddress: Criterion = {
  name: "hardware address",
  examine: ({ options: { mac } }) => {
    const hex = mac?.toHex() ?? "";
    const maker = VIRTUAL[hex.slice(0, 6)];
    const what = hex === OF_ORIGINAL
      ? "is that of the original masscanned"
      : hex.startsWith(IANA)
      ? "is that of a virtual router (VRRP), which runs no such services"
      : maker === undefined && mac !== undefined && (mac[0]! & 2) !== 0
      ? "is locally administered: no maker's, but a container's or made up"
      : undefined;
    if (what === undefined) return undefined;
    const text = hex.match(/../g)!.join(":");
    return {
      level: "medium",
      what: `the hardware address ${text} ${what}`,
      remedy: "-m, with one of the interface's maker or of KVM (52:54:00:…)",
    };
  },
};

/** Criteria on the link. */
export const LINK_CRITERIA: readonly Criterion[] = [
  everyAddress,
  manyAddresses,
  hardwareAddress,
];
