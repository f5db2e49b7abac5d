/**
 * What an audit looks for, and what it finds.
 *
 * @module
 */

import type { Suspect } from "./suspect.ts";

/**
 * How much a finding gives away: `high`, a published detector takes the host
 * for a honeypot; `medium`, a person who looks finds it odd; `note`, so it is
 * with every responder, or it is meant.
 */
export type Level = "high" | "medium" | "note";

/** Something that gives the program away. */
export interface Finding {
  /** How much. */
  readonly level: Level;
  /** What a peer sees, and what that tells it. */
  readonly what: string;
  /** What to change: an option of the command line, or why nothing can be. */
  readonly remedy: string;
}

/** One look at a suspect, as a detector takes it. */
export interface Criterion {
  /** What it looks at. */
  readonly name: string;
  /**
   * Looks.
   *
   * @param suspect Who is looked at; whatever is asked of it may be asked again
   * by others.
   * @returns What was found, if anything.
   */
  readonly examine: (suspect: Suspect) => Finding | undefined;
}
