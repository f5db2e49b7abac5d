/**
 * Writes the manual page, masscanned(8), of a day to standard output: what
 * `masscanned.8.in` says, and in place of its `@OPTIONS@` and the like what the
 * command line says of itself, in the language of mdoc(7).
 *
 *     deno run --allow-read manual.ts 2026-11-23
 *
 * @module
 */

import type { DocEntry } from "@optique/core/doc";
import { formatMessage, type Message } from "@optique/core/message";
import { getDocPage, type Parser } from "@optique/core/parser";
import { REPLAY, RUN } from "../../src/cli/options.ts";
import { SHARE } from "../../src/cli/share.ts";

const page = Deno.readTextFileSync(
  new URL("./masscanned.8.in", import.meta.url),
);
const day = new Date(Deno.args[0]!);
const options = entriesOf(RUN);
const known = new Set(options.map(headOf));

const parts: Record<string, string> = {
  DATE: `.Dd ${
    day.toLocaleDateString("en-US", { dateStyle: "long", timeZone: "UTC" })
  }\n`,
  OPTIONS: listOf(options),
  // What replay shares with the rest is said there.
  REPLAY: listOf(entriesOf(REPLAY).filter((one) => !known.has(headOf(one)))),
  SHARE: listOf(entriesOf(SHARE, "share", "up")),
};
const text = page.replaceAll(/^@(\w+)@\n/gm, (_, part) => parts[part]!);
Deno.stdout.writeSync(new TextEncoder().encode(text));

/** What the help says of a command's options and arguments. */
function entriesOf(
  parser: Parser<"sync", unknown, unknown>,
  ...command: readonly string[]
): DocEntry[] {
  return getDocPage(parser, command)!.sections.flatMap(({ entries }) =>
    entries
  );
}

/** A list of options and arguments. */
function listOf(entries: readonly DocEntry[]): string {
  const items = entries.map((entry) =>
    `.It ${headOf(entry)}\n${bodyOf(entry)}`
  );
  return [".Bl -tag -width Ds\n", ...items, ".El\n"].join("");
}

/** What it is called and what it takes: "-f, --self-ip-file FILE". */
function headOf({ term }: DocEntry): string {
  if (term.type === "argument") return `Ar ${escape(term.metavar)}`;
  if (term.type !== "option") throw new TypeError(`Cannot show: ${term.type}`);
  const names = term.names.map((name) => `Fl ${escape(name.slice(1))}`);
  const value = term.metavar === undefined ? "" : ` Ar ${escape(term.metavar)}`;
  return names.join(" , ") + value;
}

/** What is said about it, a sentence a line. */
function bodyOf(
  { choices, default: byDefault, description }: DocEntry,
): string {
  const sentences = [
    plain(description),
    choices && `One of: ${plain(choices)}.`,
    byDefault && `The default is ${plain(byDefault)}.`,
  ];
  return sentences.filter((sentence) => sentence)
    .map((sentence) => `${escape(sentence!)}\n`).join("");
}

/** A message in one line, without quotation marks. */
function plain(message: Message = []): string {
  return formatMessage(message, { quotes: false }).replaceAll(/\s+/g, " ");
}

/** Text of which mdoc takes nothing for a macro or an escape, in short lines. */
function escape(text: string): string {
  return text.split(/(?<=[.;]) (?=[A-Z])/)
    .flatMap((sentence) => sentence.match(/.{1,70}(?: |$)/g) ?? [])
    .map((line) => line.trim().replaceAll("\\", "\\e").replaceAll("-", "\\-"))
    .map((line) => line.replace(/^(?=[.'])/, "\\&"))
    .join("\n");
}
