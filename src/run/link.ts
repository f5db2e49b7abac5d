/**
 * Finds the interface to answer on, at first and again and again.
 *
 * @module
 */

import { ENODEV, SystemError } from "../../ffi/errno.ts";
import {
  findInterface,
  type Interface,
  nameOfInterface,
} from "../../ffi/interface.ts";
import { OperatorError } from "../operator_error.ts";

/**
 * Finds an interface that can be answered on.
 *
 * @param name Its name.
 * @returns What is known of it.
 * @throws {OperatorError} If there is none, or it cannot be used.
 */
export function openLink(name: string): Interface {
  const link = findInterface(name);
  if (link === undefined) {
    throw new OperatorError(
      `Cannot open interface "${name}" - are you sure it exists? ` +
        `See: ip link`,
    );
  }
  if (!link.isEthernet) {
    throw new OperatorError(
      `Cannot use interface "${name}": it is not an Ethernet interface`,
    );
  }
  if (!link.isUp) {
    throw new OperatorError(
      `Cannot use interface "${name}": it is DOWN. ` +
        `Try: ip link set ${name} up`,
    );
  }
  return link;
}

/**
 * Looks at an interface again: it is the same for as long as it has the same
 * number; then it is the one that has the name.
 *
 * @param name Name that it had at first.
 * @param before What was known of it.
 * @returns What is known of it now, or `undefined` if it is gone.
 */
export function lookAgain(
  name: string,
  before: Interface | undefined,
): Interface | undefined {
  try {
    const link = findInterface(
      before && nameOfInterface(before.index) || name,
    );
    return link?.isEthernet ? link : undefined;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    // It went away while it was looked at; otherwise, nobody can tell.
    return error.errno === ENODEV ? undefined : before;
  }
}
