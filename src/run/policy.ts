/**
 * From the address options of the command line to what the stack asks.
 *
 * @module
 */

import { loadAddressSet } from "../address/list.ts";
import type { PolicyTables } from "../address/policy.ts";
import { type AddressRange, AddressSet } from "../address/set.ts";
import type { Translation } from "../address/translation.ts";
import { loadTranslations } from "../address/translation_list.ts";
import type { AnswerOptions } from "../cli/command.ts";

/** Address lists, loaded. */
export interface Lists {
  /** Addresses that are ours but for somebody else's; absent: all of them. */
  readonly own: AddressSet | undefined;
  /** Addresses that nothing is sent to. */
  readonly denied: AddressSet;
  /** Addresses of ours that clients know by others. */
  readonly translations: readonly Translation[];
}

/**
 * Loads all address lists.
 *
 * @param options Where they are.
 * @param others Addresses that are somebody else's for sure, listed or not.
 * @returns The lists.
 * @throws {OperatorError} If one of them cannot be read or is wrong.
 */
export function loadLists(
  options: AnswerOptions,
  others: readonly { readonly address: Uint8Array }[] = [],
): Lists {
  const { denyFiles, denyLists, publicIps, selfIpFiles, selfIpLists } = options;
  const own = loadAddressSet("--self-ip", selfIpFiles, selfIpLists);
  const denied = loadAddressSet("--remote-ip-deny", denyFiles, denyLists);
  const translations = loadTranslations(
    publicIps,
    own,
    others.map(({ address }) => address),
  );
  return { own, denied: denied ?? AddressSet.of([]), translations };
}

/**
 * Finds what somebody else has of the addresses that we would answer for.
 *
 * @param lists Address lists.
 * @param reserved Addresses that others have, one each.
 * @returns Those that matter: all, or those that are listed.
 */
export function conflictsOf(
  { own }: Lists,
  reserved: readonly AddressRange[],
): readonly AddressRange[] {
  if (own === undefined) return reserved;
  return reserved.filter(({ first }) => own.has(first));
}

/**
 * Says whom a stack is, and whom it talks to.
 *
 * @param lists Address lists.
 * @param reserved Addresses that are not ours, listed or not.
 * @param broadcast Addresses that are a whole network's.
 * @returns What the stack asks.
 */
export function policyOf(
  { denied, own, translations }: Lists,
  reserved: readonly AddressRange[],
  broadcast: readonly AddressRange[],
): PolicyTables {
  return {
    own: own?.tables,
    reserved: AddressSet.of(reserved).tables,
    broadcast: AddressSet.of(broadcast).tables,
    denied: denied.tables,
    translations,
  };
}

/**
 * Says how many addresses are ours, for a person.
 *
 * @param lists Address lists.
 */
export function countText({ own }: Lists): string {
  if (own === undefined) return "every address but the host's own";
  return `${own.size} ${own.size === 1n ? "address" : "addresses"}`;
}
