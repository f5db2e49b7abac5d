/**
 * What becomes of an interface while it is answered on.
 *
 * @module
 */

import type { Interface } from "../../ffi/interface.ts";
import { macText } from "../address/text.ts";

/**
 * Tells whether sockets and workers for one state of an interface serve in
 * another, too. They need not notice that it is down for a while.
 */
export function isSameLink(
  before: Interface | undefined,
  now: Interface | undefined,
): boolean {
  return before?.index === now?.index && before?.mtu === now?.mtu &&
    before?.mac.toHex() === now?.mac.toHex();
}

/**
 * Puts what became of an interface into words.
 *
 * @param name Name that it had at first.
 * @param before What was known of it; `undefined`: it was gone.
 * @param now What is known of it; `undefined`: it is gone.
 * @returns One line a change.
 */
export function changesOf(
  name: string,
  before: Interface | undefined,
  now: Interface | undefined,
): string[] {
  if (now === undefined) {
    return before === undefined
      ? []
      : [`interface "${before.name}" is gone; waiting for it to come back`];
  }
  const quoted = `interface "${now.name}"`;
  const down = `${quoted} is down; waiting for it to come up`;
  if (before?.index !== now.index) {
    const back = `interface "${name}" is back`;
    return now.isUp ? [back] : [back, down];
  }
  const changes: string[] = [];
  if (before.name !== now.name) {
    changes.push(`interface "${before.name}" is called "${now.name}" now`);
  }
  if (before.mac.toHex() !== now.mac.toHex()) {
    changes.push(`${quoted} has the hardware address ${macText(now.mac)} now`);
  }
  if (before.mtu !== now.mtu) {
    changes.push(`${quoted} has the MTU ${now.mtu} now`);
  }
  if (before.isUp !== now.isUp) {
    changes.push(now.isUp ? `${quoted} is up` : down);
  }
  return changes;
}
