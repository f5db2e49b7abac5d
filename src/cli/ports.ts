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
  PORTS,
  type PortSet,
  portSet,
} from "../ports.ts";

type Range = readonly [first: number, last: number];

const ITEM = /^\s*(?:(tcp|udp)\/)?\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/i;

/**
 * Reads one list.
 *
 * @param list What was given.
 * @returns The ports, or `undefined` if an item is not a port or a range.
 */
export function readPorts(list: string): OpenPorts | undefined {
  const ranges: Record<string, Range[]> = { tcp: [], udp: [] };
  let transports = ["tcp", "udp"];
  for (const item of list.split(",")) {
    const [, transport, first, last = first] = ITEM.exec(item) ?? [];
    const range: Range = [Number(first), Number(last)];
    // An item that is neither makes both ends NaN.
    if (!(range[0] <= range[1] && range[1] < PORTS)) return undefined;
    if (transport !== undefined) transports = [transport.toLowerCase()];
    for (const one of transports) ranges[one]!.push(range);
  }
  return { tcp: portSet(ranges.tcp!), udp: portSet(ranges.udp!) };
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
