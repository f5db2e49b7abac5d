/**
 * From what reads a value to what the command line is described with.
 *
 * @module
 */

import { message, text } from "@optique/core/message";
import type { NonEmptyString } from "@optique/core/nonempty";
import type { ValueParser } from "@optique/core/valueparser";

/**
 * Makes a value parser that refuses what `read` returns `undefined` for.
 *
 * @param metavar What help calls the value.
 * @param expected What it must be, to complete "Expected …".
 * @param read Reads it.
 * @returns The value parser.
 *
 * @ignore
 */
export function valueParser<T>(
  metavar: NonEmptyString,
  expected: string,
  read: (input: string) => T | undefined,
): ValueParser<"sync", T> {
  const wrong = text(expected);
  return {
    mode: "sync",
    metavar,
    placeholder: undefined as T, // for prompts, of which there are none
    format: String,
    parse: (input) => {
      const value = read(input);
      if (value !== undefined) return { success: true, value };
      const error = message`Expected ${wrong}, but got ${input}.`;
      return { success: false, error };
    },
  };
}
