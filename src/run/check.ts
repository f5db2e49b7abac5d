/**
 * Says whether a configuration file can be used, and what it would do.
 *
 * @module
 */

import type { CheckCommand } from "../cli/command.ts";
import { portsText } from "../cli/ports.ts";
import { quote } from "../printable.ts";
import { countText, loadLists } from "./policy.ts";

/**
 * Checks a configuration file, with the files that it names.
 *
 * @param options What the command line asks for.
 * @returns Whole lines for the operator.
 * @throws {OperatorError} If an address list cannot be read or is wrong.
 */
export function check(options: CheckCommand): string {
  const { asked, hasIface, path, settings } = options;
  const lists = loadLists(asked);
  const { persona, ports, protocols } = asked;
  return [
    `${quote(path)} can be used${hasIface ? "" : " with -i NAME"}. It says:`,
    ...settings.map((setting) => `  ${setting}`),
    ...hasIface ? [] : ["  no iface, which the command line has to name"],
    "In force would be:",
    `  answering for ${countText(lists)} as a ${persona.name} system`,
    `  denied addresses: ${lists.denied.size}`,
    `  open TCP ports: ${portsText(ports.tcp)}`,
    `  open UDP ports: ${portsText(ports.udp)}`,
    `  speaking ${protocols.join(", ") || "nothing"}`,
  ].map((line) => `${line}\n`).join("");
}
