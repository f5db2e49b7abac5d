/**
 * The configuration file: TOML whose keys are the long names of the options.
 *
 * What it says is turned into arguments, which are read like those of the
 * command line. So there is nothing that one can say and the other cannot, and
 * an option that is added is a key at once.
 *
 * ```toml
 * iface = "eth0"
 * self-ip-list = ["192.0.2.10", "2001:db8::/120"]
 * verbose = 2
 * ```
 *
 * @module
 */

import { findSimilar } from "@optique/core/suggestion";
import type { Usage, UsageTerm } from "@optique/core/usage";
import { parse, TomlError } from "smol-toml";
import { OperatorError } from "../operator_error.ts";
import { quote } from "../printable.ts";

/** An option that can be a key: it has a long name. */
export interface Setting {
  /** All names of the option, with their hyphens. */
  readonly names: readonly string[];
  /** Whether it takes a value rather than being said or not. */
  readonly takesValue: boolean;
  /** Whether it can be given more than once. */
  readonly isMultiple: boolean;
}

/** A key of a file and what it says. */
export interface Entry {
  /** The key. */
  readonly key: string;
  /** Its line, from 1. */
  readonly line: number;
  /** The option. */
  readonly setting: Setting;
  /** The arguments that say the same. */
  readonly args: readonly string[];
}

/**
 * Finds the options that can be keys.
 *
 * @param usage Usage of a command.
 * @returns Its options that have a long name; `--config` is none of them.
 *
 * @ignore
 */
export function settingsOf(usage: Usage): Setting[] {
  const settings: Setting[] = [];
  const visit = (term: UsageTerm, isMultiple: boolean): void => {
    if (term.type === "option") {
      const { metavar, names } = term;
      const isKey = names.some(isLong) && !names.includes("--config");
      const takesValue = metavar !== undefined;
      if (isKey) settings.push({ names, takesValue, isMultiple });
    } else if (term.type === "exclusive") {
      for (const one of term.terms.flat()) visit(one, isMultiple);
    } else if ("terms" in term) {
      for (const one of term.terms) {
        visit(one, isMultiple || term.type === "multiple");
      }
    }
  };
  for (const term of usage) visit(term, false);
  return settings;
}

/**
 * Finds the file that is to be read.
 *
 * @param args Arguments of the command line.
 * @returns Its path, if there is one.
 */
export function configPathOf(args: readonly string[]): string | undefined {
  const at = args.findIndex((arg) => /^--config(=|$)/.test(arg));
  if (at < 0) return undefined;
  const [, path] = /^--config=(.*)$/s.exec(args[at]!) ?? [];
  return path ?? args[at + 1];
}

/**
 * Reads a file.
 *
 * @param text What it says.
 * @param path Its path, for errors.
 * @param settings What can be said.
 * @returns Its keys in order.
 * @throws {OperatorError} If it is not TOML, or says something else.
 */
export function readConfig(
  text: string,
  path: string,
  settings: readonly Setting[],
): Entry[] {
  const entries: Entry[] = [];
  for (const [key, value] of Object.entries(readToml(text, path))) {
    const line = lineOf(key, text);
    const place = `Cannot use ${quote(path)}, line ${line}:`;
    const option = `--${key}`;
    const setting = settings.find(({ names }) => names.includes(option));
    if (setting === undefined) {
      const meant = nearest(`--${key}`, settings)?.slice("--".length);
      const hint = meant ? `; did you mean ${quote(meant)}?` : "";
      throw new OperatorError(
        `${place} there is no option ${quote(key)}${hint}`,
      );
    }
    const args = argsOf(option, value, setting);
    if (args === undefined) {
      const expected = expectedOf(setting);
      throw new OperatorError(`${place} ${quote(key)} must be ${expected}`);
    }
    const same = entries.find((entry) => entry.setting === setting);
    if (same !== undefined) {
      throw new OperatorError(
        `${place} ${quote(key)} says the same as ${quote(same.key)}`,
      );
    }
    entries.push({ key, line, setting, args });
  }
  return entries;
}

/**
 * Leaves out what the command line says itself.
 *
 * @param entries Keys of a file.
 * @param args Arguments of the command line.
 * @returns Those whose options are not among the arguments.
 */
export function withoutGiven(
  entries: readonly Entry[],
  args: readonly string[],
): Entry[] {
  const given = new Set(args.flatMap((arg) => {
    if (isLong(arg)) return [arg.replace(/=.*/s, "")];
    // "-vq" is "-v" and "-q".
    return /^-\w/.test(arg) ? [...arg.slice(1)].map((one) => `-${one}`) : [];
  }));
  return entries.filter(({ setting: { names } }) =>
    !names.some((name) => given.has(name))
  );
}

function readToml(text: string, path: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const { column, line } = cause;
    const [reason] = cause.message.replace(/^[^:]*: /, "").split("\n");
    // The parser takes the end of the line for a part of the string.
    const isOpen = /control characters/.test(reason!) &&
      column > text.split(/\r?\n/)[line - 1]!.length;
    throw new OperatorError(
      `Cannot use ${quote(path)}, line ${line}: ` +
        (isOpen ? "a string has no end" : reason),
      { cause },
    );
  }
}

/** The arguments that say `value`; `undefined` if it is not what is wanted. */
function argsOf(
  option: string,
  value: unknown,
  { isMultiple, takesValue }: Setting,
): string[] | undefined {
  if (!takesValue) {
    const isCount = isMultiple && Number.isInteger(value) && Number(value) >= 0;
    if (typeof value !== "boolean" && !isCount) return undefined;
    return new Array<string>(Number(value)).fill(option);
  }
  const values = isMultiple && Array.isArray(value) ? value : [value];
  return values.every((one) => ["string", "number"].includes(typeof one))
    ? values.map((one) => `${option}=${one}`)
    : undefined;
}

/** What a setting takes, in words. */
function expectedOf({ isMultiple, takesValue }: Setting): string {
  if (takesValue) {
    return isMultiple ? "a value or an array of them" : "one value";
  }
  return isMultiple ? "true, false or how many times" : "true or false";
}

/**
 * Finds out which option somebody meant.
 *
 * @param name What was said instead, with its hyphens.
 * @param settings The options.
 * @returns The long name that is nearest, or `undefined` if none is near.
 */
export function nearest(
  name: string,
  settings: readonly Setting[],
): string | undefined {
  const names = settings.flatMap(({ names }) => names.filter(isLong));
  return findSimilar(name, names, { maxDistance: 3 })[0];
}

/** Number of the line that begins with a key. */
function lineOf(key: string, text: string): number {
  const bare = key.replaceAll(/[^\w-]/g, "\\$&");
  const begins = new RegExp(`^\\s*\\[*\\s*["']?${bare}["']?\\s*[.=\\]]`);
  return text.split("\n").findIndex((line) => begins.test(line)) + 1;
}

function isLong(name: string): boolean {
  return name.startsWith("--");
}
