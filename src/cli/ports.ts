/**
 * Lists of ports as operators write them.
 *
 * ```text
 *  80                both transports' port 80
 *  8000-8100         a range
 *  tcp/22,80,443     a transport holds until another is named
 *  tcp/22,udp/53,69
 * ```
 *
 * @module
 */

import {
  EVERY_PORT,
  hasPort,
  type OpenPorts,
  type PortRange,
  PORTS,
  type PortSet,
  portSet,
} from "../ports.ts";

const ITEM = /^\s*(?:(tcp|udp)\/)?\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/i;

/**
 * Reads one list.
 *
 * @param list What was given.
 * @returns The ports, range by range, or `undefined` if an item is not a port
 * or a range.
 */
export function readPortRanges(list: string): PortRange[] | undefined {
  const ranges: PortRange[] = [];
  let transports: readonly PortRange["transport"][] = ["tcp", "udp"];
  for (const item of list.split(",")) {
    const [, named, from, to = from] = ITEM.exec(item) ?? [];
    const first = Number(from);
    const last = Number(to);
    // An item that is neither makes both ends NaN.
    if (!(first <= last && last < PORTS)) return undefined;
    if (named !== undefined) {
      transports = [named.toLowerCase() === "tcp" ? "tcp" : "udp"];
    }
    ranges.push(...transports.map((transport) => ({ transport, first, last })));
  }
  return ranges;
}

/**
 * Reads one list.
 *
 * @param list What was given.
 * @returns The ports, or `undefined` if an item is not a port or a range.
 */
export function readPorts(list: string): OpenPorts | undefined {
  const ranges = readPortRanges(list);
  if (ranges === undefined) return undefined;
  const setOf = (transport: keyof OpenPorts): OpenPorts["tcp"] =>
    portSet(
      ranges.filter((range) => range.transport === transport)
        .map(({ first, last }) => [first, last] as const),
    );
  return { tcp: setOf("tcp"), udp: setOf("udp") };
}

/**
 * Joins lists of ports.
 *
 * @param lists The lists.
 * @returns What is open in any of them; every port if there is none.
 */
export function joinPorts(lists: readonly OpenPorts[]): OpenPorts {
  if (lists.length === 0) return EVERY_PORT;
  const join = (transport: keyof OpenPorts): OpenPorts["tcp"] =>
    portSet([]).map((_, i) =>
      lists.reduce((bits, ports) => bits | ports[transport][i]!, 0)
    );
  return { tcp: join("tcp"), udp: join("udp") };
}

/**
 * Writes a set of ports.
 *
 * @param set The set.
 * @returns Its ports and ranges, as {@linkcode readPorts} reads them.
 */
export function portsText(set: PortSet): string {
  const ranges: string[] = [];
  for (let port = 0; port < PORTS; port++) {
    if (!hasPort(set, port)) continue;
    const first = port;
    while (port + 1 < PORTS && hasPort(set, port + 1)) port++;
    ranges.push(first === port ? `${port}` : `${first}-${port}`);
  }
  return ranges.join() || "none";
}
