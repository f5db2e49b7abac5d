/**
 * Tells the operator what gives a configuration away.
 *
 * @module
 */

import { audit, CRITERIA } from "../audit/mod.ts";
import type { AuditCommand } from "../cli/command.ts";
import { speakOnly, spokenBy } from "../proto/mod.ts";
import { loadLists } from "./policy.ts";

const LEVEL_WIDTH = 6;

/** What an audit comes to. */
export interface AuditResult {
  /** Whole lines for the operator. */
  readonly text: string;
  /** Whether nothing was found that can be changed. */
  readonly isGood: boolean;
}

/**
 * Audits a configuration.
 *
 * @param options What the command line asks for.
 * @returns What was found.
 * @throws {OperatorError} If an address list cannot be read or is wrong.
 */
export function selfAudit(options: AuditCommand): AuditResult {
  const { own } = loadLists(options);
  const { amplificationLimit, cookieKey, persona, ports, protocols } = options;
  const findings = audit({
    persona,
    ports,
    protocols: speakOnly(protocols),
    spoken: spokenBy(protocols, persona),
    own,
    amplificationLimit,
    mac: options.mac ?? macOf(options.ifaces),
    cookieKey,
  });
  const found = findings.filter(({ level }) => level !== "note").length;
  const isGood = found === 0;
  return {
    isGood,
    text: [
      ...findings.map(({ level, remedy, what }) =>
        `${level.padEnd(LEVEL_WIDTH)} ${what} -> ${remedy}`
      ),
      `${CRITERIA.length} criteria tried on a stack of this configuration: ` +
      (isGood
        ? "nothing gives it away that can be changed"
        : `${found} of them give it away, and can be helped`),
    ].map((line) => `${line}\n`).join(""),
  };
}

/** Hardware address of the first interface that is there. */
function macOf(ifaces: readonly string[]): Uint8Array | undefined {
  const all = Deno.networkInterfaces();
  const found = ifaces.flatMap((name) =>
    all.find((one) => one.name === name) ?? []
  );
  return found[0] && Uint8Array.fromHex(found[0].mac.replaceAll(":", ""));
}
