/**
 * From the address options of the command line to what the stack asks.
 *
 * @module
 */

import { loadAddressSet } from "../address/list.ts";
import type { PolicyTables } from "../address/policy.ts";
import { type AddressRange, AddressSet } from "../address/set.ts";
import type { AnswerOptions } from "../cli/command.ts";

/** Address lists, loaded. */
export interface Lists {
  /** Addresses that are ours; absent: all but somebody else's. */
  readonly own: AddressSet | undefined;
  /** Addresses that nothing is sent to. */
  readonly denied: AddressSet;
}

/**
 * Loads all address lists.
 *
 * @param options Where they are.
 * @returns The lists.
 * @throws {OperatorError} If one of them cannot be read or is wrong.
 */
export function loadLists(options: AnswerOptions): Lists {
  const { denyFiles, denyLists, selfIpFiles, selfIpLists } = options;
  const own = loadAddressSet("--self-ip", selfIpFiles, selfIpLists);
  const denied = loadAddressSet("--remote-ip-deny", denyFiles, denyLists);
  return { own, denied: denied ?? AddressSet.of([]) };
}

/**
 * Says whom a stack is, and whom it talks to.
 *
 * @param lists Address lists.
 * @param reserved Addresses that are ours only if they are listed.
 * @returns What the stack asks.
 */
export function policyOf(
  { denied, own }: Lists,
  reserved: readonly AddressRange[],
): PolicyTables {
  return {
    own: own?.tables,
    reserved: AddressSet.of(reserved).tables,
    denied: denied.tables,
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
