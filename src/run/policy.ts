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
  /** What the stack asks. */
  readonly policy: PolicyTables;
}

/**
 * Loads all address lists.
 *
 * @param options Where they are.
 * @param reserved Addresses that are ours only if they are listed.
 * @returns The lists.
 * @throws {OperatorError} If one of them cannot be read or is wrong.
 */
export function loadLists(
  options: AnswerOptions,
  reserved: readonly AddressRange[],
): Lists {
  const { denyFiles, denyLists, selfIpFiles, selfIpLists } = options;
  const own = loadAddressSet("--self-ip", selfIpFiles, selfIpLists);
  const denied = loadAddressSet("--remote-ip-deny", denyFiles, denyLists);
  return {
    own,
    policy: {
      own: own?.tables,
      reserved: AddressSet.of(reserved).tables,
      denied: (denied ?? AddressSet.of([])).tables,
    },
  };
}
