/**
 * What is to be shared.
 *
 * @module
 */

import type { PortRange } from "../ports.ts";

/** What is to be shared. */
export interface ShareOptions {
  /** Name of the interface that has the addresses. */
  readonly iface: string;
  /** The addresses, as ipaddr.js writes them; at least one, each once. */
  readonly addresses: readonly string[];
  /** What of them stays with the host. */
  readonly keep: readonly PortRange[];
  /** Whether to do it even if the operator may be locked out. */
  readonly force: boolean;
}

/**
 * Says ports as `--keep` takes them.
 *
 * @param range The ports.
 * @returns Such as `"tcp/22"` or `"udp/60000-61000"`.
 */
export function portText({ transport, first, last }: PortRange): string {
  return `${transport}/${first === last ? first : `${first}-${last}`}`;
}
