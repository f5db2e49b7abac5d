/**
 * From the capture options of the command line to what takes packets.
 *
 * @module
 */

import type { RunCommand } from "../cli/command.ts";
import { VERSION } from "../cli/version.ts";
import { CaptureSink } from "../sink/capture_sink.ts";
import type { Outputs } from "../sink/outputs.ts";
import { macApart } from "./apart.ts";
import { openLink } from "./link.ts";
import { plainTargetOf } from "./targets.ts";

/**
 * Opens the capture, if one is asked for.
 *
 * @param options Options of the command line.
 * @param outputs Who takes care of it.
 * @returns What takes packets, by the place of their interface.
 * @throws {OperatorError} If it cannot be opened, or there is no interface.
 */
export function openCapture(
  { ifaces, mac, pcap }: RunCommand,
  outputs: Outputs,
): CaptureSink | undefined {
  if (pcap === undefined) return undefined;
  const interfaces = ifaces.map((name) => {
    const link = openLink(name);
    return { name, mac: mac ?? macApart(link) ?? link.mac };
  });
  const program = `masscanned ${VERSION}`;
  const target = plainTargetOf(pcap.path);
  return new CaptureSink({ ...pcap, interfaces, program, target }, outputs);
}
