/**
 * What gives a configuration away, by the criteria of those who look for
 * honeypots: each is tried on a stack of that very configuration.
 *
 * To add one: write it into the file of its subject, in its list.
 *
 * @module
 */

import type { Criterion, Finding } from "./finding.ts";
import { LINK_CRITERIA } from "./link.ts";
import { PORT_CRITERIA } from "./ports.ts";
import { SERVICE_CRITERIA } from "./services.ts";
import { SIGNATURE_CRITERIA } from "./signature.ts";
import { type AuditOptions, Suspect } from "./suspect.ts";

export type { Finding, Level } from "./finding.ts";
export type { AuditOptions } from "./suspect.ts";

/** Every criterion. */
export const CRITERIA: readonly Criterion[] = [
  ...PORT_CRITERIA,
  ...SIGNATURE_CRITERIA,
  ...SERVICE_CRITERIA,
  ...LINK_CRITERIA,
];

const LEVELS = ["high", "medium", "note"];

/**
 * Tries every criterion.
 *
 * @param options What is audited.
 * @returns What was found, the worst first.
 */
export function audit(options: AuditOptions): Finding[] {
  const suspect = new Suspect(options);
  return CRITERIA.flatMap(({ examine }) => examine(suspect) ?? [])
    .sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}
