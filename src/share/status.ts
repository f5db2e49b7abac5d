/**
 * Says what is shared, from what the kernel has.
 *
 * @module
 */

import { readKernelFile } from "../../ffi/kernel_file.ts";
import { execute } from "./execute.ts";
import { cableState, type Host, linkOf } from "./host.ts";
import { lookAtHost } from "./look.ts";
import { iptablesMappings } from "./iptables.ts";
import { CHAIN, commandFor, HOST_END, OUR_END, TABLE } from "./names.ts";
import { nftMappings } from "./nft.ts";
import { printLine } from "./print.ts";
import { lostSettings, recordOf } from "./settings.ts";
import { parameterName, run } from "./step.ts";

/** Exit statuses. */
const SHARED = 0;
const HALF_SHARED = 1;
const NOT_SHARED = 3; // "program is not running", LSB 5.0 §22.2

/**
 * Prints what is shared.
 *
 * @returns Exit status: 0 if something is, 3 if nothing is, 1 if only a part of
 * what it takes is there.
 * @throws {OperatorError} Without privilege.
 */
export async function printStatus(): Promise<number> {
  const host = await lookAtHost();
  const state = cableState(host);
  const rules = await listRules(host);
  if (rules.length === 0 && state !== "ours") {
    const rest = state === "unfinished" ? HALF_SHARED : NOT_SHARED;
    printLine(rest === NOT_SHARED ? "Nothing is shared" : HALF);
    return rest;
  }
  const troubles = troublesOf(host, rules);
  printLine(troubles.length === 0 ? "Shared, by these rules:" : HALF);
  for (const trouble of troubles) printLine(trouble);
  for (const line of rules) printLine(`  ${line}`);
  for (const { key, value } of recordOf(host)) {
    printLine(`Set back at "share down": ${parameterName(key)}=${value}`);
  }
  if (linkOf(host, OUR_END) && !isAnswered(host)) {
    const mappings = [...iptablesMappings(rules), ...nftMappings(rules)];
    printLine(`Nothing answers yet: ${commandFor(mappings)}`);
  }
  return troubles.length === 0 ? SHARED : HALF_SHARED;
}

/** What is missing of all that it takes. */
function troublesOf(host: Host, rules: readonly string[]): string[] {
  const troubles = lostSettings(host).map((key) =>
    `Somebody set it back: ${parameterName(key)}=0`
  );
  if (cableState(host) !== "ours") troubles.push("There is no cable");
  for (const end of [HOST_END, OUR_END]) {
    // The end that is ours may be out of sight, in another namespace.
    if (linkOf(host, end)?.isUp === false) troubles.push(`${end} is DOWN`);
  }
  const isJump = (from: string): boolean =>
    rules.some((rule) => rule.startsWith(`-A ${from} `));
  const isNft = rules.some((rule) => rule.startsWith("table "));
  if (!isNft && !(isJump("PREROUTING") && isJump("FORWARD"))) {
    troubles.push("The rules are gone, or some of them");
  }
  return troubles;
}

const HALF = "Shared by halves: either share up again, or share down";

/** Our rules as the kernel has them, with the tool that shows them. */
async function listRules(host: Host): Promise<string[]> {
  const lines = [...host.saved.values()].flat()
    .filter((line) => line.startsWith("-A ") && line.includes(CHAIN));
  if (host.chains?.some(({ table }) => table === TABLE)) {
    const table = await execute(run(`nft list table inet ${TABLE}`));
    lines.push(...table.trimEnd().split("\n"));
  }
  return lines;
}

/** Whether a packet socket listens there: interface fifth, packet(7). */
function isAnswered(host: Host): boolean {
  const { index } = linkOf(host, OUR_END)!;
  return (readKernelFile("/proc/net/packet") ?? "").split("\n").some((line) =>
    line.trim().split(/\s+/)[4] === String(index)
  );
}
