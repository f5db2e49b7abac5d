/**
 * Reads everything again that can change while the program runs: the address
 * lists, and how frames are answered.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import type { RunCommand } from "../cli/command.ts";
import { OperatorError } from "../operator_error.ts";
import { behaviourOf } from "./messages.ts";
import type { Sinks } from "../sink/sinks.ts";
import { hostAddresses } from "./host.ts";
import { countText, loadLists } from "./policy.ts";
import type { Responder } from "./responder.ts";

/** What the operator asks for, from the command line and its files. */
export type Reread = () => RunCommand;

// What is taken over at once; all else waits for the next start.
const LIVE: readonly string[] = [
  "selfIpFiles",
  "selfIpLists",
  "denyFiles",
  "denyLists",
  "publicIps",
  "amplificationLimit",
  "persona",
  "ports",
  "protocols",
] satisfies (keyof RunCommand)[];

/** Takes over what has changed, whenever the operator says so. */
export class Reloader {
  readonly #responders: readonly Responder[];
  readonly #sinks: Sinks;
  readonly #reread: Reread;
  readonly #say: (text: string) => void;
  #options: RunCommand;

  /**
   * Begins with what is in force.
   *
   * @param options What the operator has asked for.
   * @param reread Reads it again.
   * @param responders Who has to know of a change.
   * @param sinks Who has to know of public addresses.
   * @param say Tells the operator something.
   */
  constructor(
    options: RunCommand,
    reread: Reread,
    responders: readonly Responder[],
    sinks: Sinks,
    say: (text: string) => void,
  ) {
    this.#options = options;
    this.#reread = reread;
    this.#responders = responders;
    this.#sinks = sinks;
    this.#say = say;
  }

  /** Takes changes over; if anything is wrong, all stays as it was. */
  reload(): void {
    const { config, denyFiles, selfIpFiles } = this.#options;
    if ([config ?? [], denyFiles, selfIpFiles].flat().length === 0) return;
    try {
      const options = this.#reread();
      const lists = loadLists(options, hostAddresses());
      this.#tellLater(options);
      for (const responder of this.#responders) responder.setLists(lists);
      this.#sinks.setTranslations(lists.translations);
      const behaviour = behaviourOf(options);
      if (!isDeepStrictEqual(behaviour, behaviourOf(this.#options))) {
        for (const one of this.#responders) one.setBehaviour(behaviour);
      }
      this.#options = options;
      this.#say(`read all files again: answering for ${countText(lists)}`);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      this.#say(`everything stays as it was: ${error.message}`);
    }
  }

  /** Tells of what has changed and is not taken over. */
  #tellLater(options: RunCommand): void {
    const before: Record<string, unknown> = { ...this.#options };
    const later = Object.entries(options)
      .filter(([name, value]) =>
        !LIVE.includes(name) && !isDeepStrictEqual(value, before[name])
      ).map(([name]) => name);
    if (later.length === 0) return;
    this.#say(`only the next start takes over: ${later.join(", ")}`);
  }
}
